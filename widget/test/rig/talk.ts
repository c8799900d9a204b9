/** Conversations for the browser tests: what the server says of them, and a rig that says it. */

import type { WireMap } from "../../src/core/codec";
import { statusOf, texts, type Rig } from "./server";

const at = Date.now();

export const welcome = (more: WireMap = {}): WireMap => ({
  type: "welcome", conversation: "c1", site: "kunta", queue: "paihde", names: texts("Päihdeneuvonta", "Missbruk", "Addiction"),
  epoch: "e1", state: "waiting", log: [], participants: [], limits: { text: 4000, grace_waiting_ms: 600_000, grace_talking_ms: 300_000, linger_ms: 600_000 },
  ...more,
});

export const entry = (seq: number, from: "visitor" | "counsellor", text: string): WireMap => ({
  type: "entry", seq, id: `m${seq}`, kind: "text", from, by: from === "visitor" ? 0 : 1, text, at: at + seq,
});

export const active = (log: WireMap[] = []) => welcome({ state: "active", participants: [{ by: 1, alias: "Mari" }], presence: "here", log });

export const event = (seq: number, name: string, params: WireMap = {}): WireMap => ({
  type: "entry", seq, id: `e${seq}`, kind: "event", from: "system", by: 1, event: name, params, at,
});

/** Answers `watch` and `hello` with these, and acknowledges what is said after a log of `length`. */
export function script(rig: Rig, status: WireMap[], hello: WireMap[] = [], length = 0): void {
  let seq = length;
  rig.answer = (frame, socket) => {
    const replies = frame["type"] === "watch" ? status : frame["type"] === "hello" ? hello : [];
    for (const reply of replies) socket.send(reply);
    if (frame["type"] === "say") socket.send({ type: "ack", id: frame["id"], seq: ++seq, at });
  };
}

/** A conversation that goes on, with this log. */
export const talking = (rig: Rig, log: WireMap[] = []) => script(rig, [statusOf("paihde", { resume: "paihde" })], [active(log)], log.length);
