import type { WireMap } from "../src/core/codec";
import { questions } from "./questions-scenes";

const MINUTE = 60_000;
export const ME = { id: "counsellor1", alias: "Mari Virtanen" };
export const COLLEAGUES: readonly WireMap[] = [
  { id: "aino", alias: "Aino Mäkinen", state: "available", free: 2 },
  { id: "eero", alias: "Eero Kangasniemi-Heikkilä", state: "available", free: 0 },
  { id: "kim", alias: "Kim Lindqvist", state: "paused", free: 3 },
  { id: "noor", alias: "Noor Salonen", state: "draining", free: 1 },
];
const names = (fi: string, sv: string, en: string) => ({ fi, sv, en });

const QUEUES: readonly (readonly [string, ReturnType<typeof names>, string, number, number, number, number])[] = [
  ["paihde", names("Päihdeneuvonta", "Missbruksrådgivning", "Substance use counselling"), "open", 4, 13.4, 3, 1],
  ["mieli", names("Mielenterveysneuvonta ja kriisituki", "Rådgivning om psykisk hälsa och krisstöd", "Mental health counselling and crisis support"), "open", 23, 41.2, 5, 0],
  ["perhe", names("Perheneuvola", "Familjerådgivningen", "Family counselling"), "open", 1, 0.6, 2, 2],
  ["nuoret", names("Nuorten chat", "Ungdomschatten", "Youth chat"), "full", 50, 62.1, 2, 0],
  ["velka", names("Talous- ja velkaneuvonta", "Ekonomi- och skuldrådgivning", "Financial and debt counselling"), "open", 0, 0, 1, 1],
  ["ikaantyneet", names("Ikääntyneiden asiakasohjaus ja omaishoidon tuki", "Klienthandledning för äldre och stöd för närståendevård", "Guidance for older people and support for family carers"), "no_staff", 2, 8, 0, 0],
  ["vakivalta", names("Lähisuhdeväkivallan tuki", "Stöd vid våld i nära relationer", "Support in domestic violence"), "open", 0, 0, 2, 1],
  ["asuminen", names("Asumisneuvonta", "Boenderådgivning", "Housing advice"), "closed", 0, 0, 0, 0],
];

function queue(row: (typeof QUEUES)[number]): WireMap {
  const [name, title, state, waiting, minutes, duty, free] = row;
  const head = Array.from({ length: Math.min(waiting, 6) }, (_, at) => ({
    conversation: `${name}-${at}`, lang: ["fi", "fi", "sv", "en", "se", "fi"][at] ?? "fi",
    waited_ms: (minutes * MINUTE * (6 - at)) / 6, priority: at === 2 ? 1 : 0,
  }));
  return {
    site: "kunta", queue: name, names: title, mode: "offer", state, waiting,
    longest_wait_ms: minutes * MINUTE, on_duty: duty, free, head,
  };
}

type Line = readonly [from: "visitor" | "counsellor", minutes: number, text: string, by?: number];

function log(now: number, lines: readonly Line[]): WireMap[] {
  const joined = {
    seq: 1, id: "", kind: "event", from: "system", by: 1, event: "joined",
    params: { alias: ME.alias }, at: now + (lines[0]?.[1] ?? 0) * MINUTE,
  };
  const said = lines.map(([from, minutes, text, by], at) => ({
    seq: at + 2, id: `m${at + 2}`, kind: "text", from, by: by ?? (from === "visitor" ? 0 : 1), text, at: now + minutes * MINUTE,
  }));
  return [joined, ...said];
}

const LONG = "Kiitos kun kerroit tämän. On ihan ymmärrettävää, että olo on raskas, kun moni asia on muuttunut niin lyhyessä ajassa. "
  + "Voimme yhdessä katsoa, mistä voisi aloittaa. Ensin haluaisin kuitenkin varmistaa, että olet juuri nyt turvassa: oletko kotona, ja onko siellä joku, johon voit tukeutua?\n\n"
  + "Jos olo muuttuu sellaiseksi, ettet pärjää, soita 112. Tässä ei ole kiire mihinkään.";

const TALK: readonly Line[] = [
  ["counsellor", -21, "Hei, olen Mari. Kiva että otit yhteyttä. Mitä sinulle kuuluu?"],
  ["visitor", -20, "Hei. En oikein tiedä mistä aloittaa."],
  ["visitor", -19, "Olen juonut viime aikoina enemmän kuin pitäisi, ja se alkaa näkyä töissä."],
  ["counsellor", -18, LONG],
  ["visitor", -12, "Olen kotona. Puoliso on töissä, tulee illalla. En ole vaarassa, mutta pelkään että tämä vain jatkuu."],
  ["visitor", -12, "Kuka tahansa voi kai joutua tähän. Katsoin tätä: https://esimerkki.fi/testi/erittain-pitka-osoite-joka-ei-katkea-mistaan-kohdasta-ja-jatkuu-vain"],
  ["counsellor", -9, "Hyvä, että olet turvassa."],
  ["counsellor", -9, "Kerrotko, milloin huomasit ensimmäisen kerran, että juominen alkoi huolettaa sinua?"],
  ["counsellor", -4, "Voin myös itse kertoa pari paikkaa, joista saa apua nopeasti.", 2],
  ["visitor", -2, "Varmaan keväällä, kun jäin lomautetuksi. Nukun ehkä neljä tuntia yössä, ja aamulla on aina huono olo."],
];

interface Look {
  readonly presence?: string;
  readonly state?: string;
  readonly role?: string;
  readonly more?: WireMap;
}

function conversation(now: number, id: string, at: number, lang: string, lines: readonly Line[], look: Look = {}): WireMap {
  return {
    id, site: "kunta", queue: QUEUES[at]?.[0] ?? "paihde", lang, epoch: "e1", state: look.state ?? "active",
    role: look.role ?? "owner", answers: {}, log: log(now, lines), more: false, staff_log: [], staff_more: false,
    joined_at: now - 29 * MINUTE, assigned_at: now - 21 * MINUTE, presence: look.presence ?? "here",
    participants: [{ by: 1, alias: ME.alias }], reason: null, wrap_up_until: null, ...look.more,
  };
}

function conversations(now: number): WireMap[] {
  return [
    conversation(now, "c1", 0, "fi", TALK, {
      more: {
        participants: [{ by: 1, alias: ME.alias }, { by: 2, alias: "Kim Lindqvist" }],
        answers: { turva: "yes", aihe: ["arki", "paihteet"], kerro: "Juomisesta ja siitä, miten jaksan töissä" },
        questions: questions.filter(({ id }) => id !== "kenesta"),
        priority: 2, tags: ["substance", "oma-tunniste"],
        staff_log: [{
          seq: 1, id: "n1", kind: "text", from: "counsellor", by: 1, at: now - 8 * MINUTE,
          text: "Lomautettu keväällä, puoliso tukena. Ehdotettu päihdepoliklinikan ensiarviota; palataan ajanvaraukseen.",
        }],
      },
    }),
    conversation(now, "c2", 1, "sv", [["counsellor", -6, "Hej, vad har du på hjärtat?"], ["visitor", -3, "Jag vet inte om jag orkar längre."], ["visitor", -1.4, "Är du där?"]]),
    conversation(now, "c3", 5, "en", [["counsellor", -16, "Hello, how can I help?"], ["visitor", -15, "My mother needs more help at home."], ["counsellor", -4, "Let me look that up for you."]], { presence: "away" }),
    conversation(now, "c4", 2, "fi", [["counsellor", -40, "Hei!"], ["visitor", -31, "Kiitos tästä, tuli parempi mieli."]], {
      state: "wrap_up", presence: "left", more: { reason: "visitor_left", wrap_up_until: now + 4.2 * MINUTE },
    }),
    conversation(now, "c5", 6, "fi", [["counsellor", -2, "Hei, olen Mari. Olen tässä."], ["visitor", -1, "hei"]]),
  ];
}

export function welcome(now: number, look: "busy" | "calm"): WireMap {
  const busy = look === "busy";
  const queues = QUEUES.map(queue).map((one) => (busy ? one : { ...one, waiting: 0, longest_wait_ms: 0, head: [], state: "open", on_duty: 2, free: 2 }));
  return {
    type: "welcome",
    counsellor: { ...ME, role: "counsellor", queues: [], languages: ["fi", "sv", "en"], capacity: 5, load: busy ? 5 : 0 },
    duty: { state: busy ? "available" : "off", until: null, reason: null, load: busy ? 5 : 0, capacity: 5 },
    queues: busy ? queues : queues.slice(0, 3),
    conversations: busy ? conversations(now) : [],
  };
}

export const offer = (now: number): WireMap => ({
  type: "offer", conversation: "o1", site: "kunta", queue: "mieli", lang: "sv", waited_ms: 7 * MINUTE, priority: 1, expires_at: now + 24_000,
});
