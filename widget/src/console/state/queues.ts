/** The queues of this counsellor, and which of them "take next" would serve. */

import type { QueueHead, QueueView as QueueBody } from "../../core/frames";
import type { DeskState, QueueView } from "./model";
import { queueKey } from "./model";

/** The key of a queue named without its site, which is allowed when only one has that name. */
export function queueKeyOf(state: DeskState, site: string | undefined, queue: string): string {
  if (site) return queueKey(site, queue);
  return state.queues.find((one) => one.queue === queue)?.key ?? queueKey("", queue);
}

export function putQueue(state: DeskState, body: QueueBody, now: number): DeskState {
  const key = queueKeyOf(state, body.site, body.queue);
  const held = state.queues.find((queue) => queue.key === key);
  const view: QueueView = { ...held, ...body, away: body.away ?? 0, key, asOf: now };
  const queues = held
    ? state.queues.map((queue) => (queue === held ? view : queue))
    : [...state.queues, view];
  return { ...state, queues };
}

/** Whether the present shift asks for this queue. */
export const serves = (state: DeskState, queue: QueueView): boolean => state.duty.queues?.includes(queue.key) ?? true;

/** The queues from which visitors are taken now. */
const served = (state: DeskState): readonly QueueView[] => state.queues.filter((queue) => serves(state, queue));

/** Whether this person speaks a language in which the visitor may be served now. */
export function speaks(state: DeskState, visitor: QueueHead): boolean {
  const may = visitor.languages;
  return !state.me || !may || may.some((lang) => state.me?.languages.includes(lang));
}

/** Whether somebody waits, all of them are known, and none may be served in a language of this person. */
export function onlyOtherLanguages(state: DeskState): boolean {
  const busy = served(state).filter((queue) => queue.waiting > 0);
  return busy.length > 0 && busy.every(({ waiting, head = [] }) => head.length >= waiting && !head.some((one) => speaks(state, one)));
}

/** A wait that was `ms` long at `asOf`, now. */
export const grown = (ms: number, asOf: number, now: number): number => ms + Math.max(0, now - asOf);

export const totalWaiting = (state: DeskState): number =>
  served(state).reduce((sum, queue) => sum + queue.waiting, 0);

export const longestWait = (state: DeskState, now: number): number =>
  Math.max(0, ...served(state)
    .filter((queue) => queue.waiting > 0)
    .map((queue) => grown(queue.longest_wait_ms ?? 0, queue.asOf, now)));

/**
 * Why nobody can be taken now, as a key of the texts; null when "take next" can be tried. That nobody is known to wait is
 * no reason: somebody may have joined in this second, and the server knows.
 */
export function whyNotTake(state: DeskState): string | null {
  if (!state.welcomed) return "take.connecting";
  if (state.duty.state === "paused") return "take.paused";
  if (state.duty.state === "draining") return "take.draining";
  if (state.duty.state === "off") return "take.off";
  if (state.duty.load >= state.duty.capacity) return "take.full";
  return onlyOtherLanguages(state) ? "take.languages" : null;
}
