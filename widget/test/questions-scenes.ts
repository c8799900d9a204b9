/** Questions and answers for tests and pictures: every kind, in three languages. */

import type { WireMap } from "../src/core/codec";
import { texts } from "./rig/server";

export const questions: WireMap[] = [
  { id: "turva", kind: "yes-no", text: texts("Onko kaikilla juuri nyt turvallista?", "Är alla trygga just nu?", "Is everyone safe right now?"), required: true },
  {
    id: "kenesta", kind: "single", text: texts("Kenestä haluaisit puhua?", "Vem vill du prata om?", "Who would you like to talk about?"),
    options: [
      { id: "itsesta", text: texts("Itsestäni", "Mig själv", "Myself") },
      { id: "lapsesta", text: texts("Lapsesta tai nuoresta", "Ett barn eller en ungdom", "A child or a young person") },
    ],
  },
  {
    id: "aihe", kind: "multiple", text: texts("Mitä haluaisit miettiä yhdessä?", "Vad vill du fundera på tillsammans?", "What would you like to think about together?"),
    help: texts("Voit valita useita tai jättää tämän väliin.", "Du kan välja flera eller hoppa över.", "You can choose several or skip this."),
    options: [
      { id: "arki", text: texts("Arjessa jaksaminen", "Att orka med vardagen", "Coping with everyday life") },
      { id: "ero", text: texts("Ero tai riidat", "Separation eller gräl", "Separation or arguments") },
      { id: "paihteet", text: texts("Alkoholi tai muut päihteet", "Alkohol eller andra rusmedel", "Alcohol or other substances") },
    ],
  },
  { id: "kerro", kind: "text", text: texts("Haluatko kertoa jotain etukäteen?", "Vill du berätta något på förhand?", "Would you like to tell us something beforehand?") },
];

export const message: WireMap = texts(
  "Jos joku on vaarassa, soita hätänumeroon 112. Soita myös silloin, kun et ole varma. Voit tulla chattiin sen jälkeen tai heti.",
  "Om någon är i fara, ring nödnumret 112. Ring också om du är osäker. Du kan komma till chatten efteråt eller genast.",
  "If anyone is in danger, call the emergency number 112. Call also if you are not sure. You can come to the chat afterwards or right away.",
);

export const before = (more: WireMap, from: WireMap): WireMap => ({
  type: "before_joining", ref: "hello", site: "kunta", queue: "paihde", names: texts("Päihdeneuvonta", "Missbruksrådgivning", "Substance use counselling"),
  messages: [], questions: [], emergency: from["emergency"], alternatives: from["alternatives"], ...more,
});
