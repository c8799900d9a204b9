/** What is being written but not sent: in memory only, since it is somebody's words. */

import type { LogName } from "./model";

export class Drafts {
  readonly #texts = new Map<string, string>();

  get(conversation: string, log: LogName): string {
    return this.#texts.get(`${log}:${conversation}`) ?? "";
  }

  set(conversation: string, log: LogName, text: string): void {
    this.#texts.set(`${log}:${conversation}`, text);
  }

  /** Whether anything is being written in either log of a conversation. */
  any(conversation: string): boolean {
    return this.get(conversation, "talk").trim() !== "" || this.get(conversation, "staff").trim() !== "";
  }

  forget(conversation: string): void {
    this.#texts.delete(`talk:${conversation}`);
    this.#texts.delete(`staff:${conversation}`);
  }

  clear(): void {
    this.#texts.clear();
  }
}
