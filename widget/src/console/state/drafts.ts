/** What is being written but not sent: in memory only, since it is somebody's words. */

import type { DraftName } from "./model";

const ALL: readonly DraftName[] = ["talk", "staff", "handover"];

export class Drafts {
  readonly #texts = new Map<string, string>();

  get(conversation: string, name: DraftName): string {
    return this.#texts.get(`${name}:${conversation}`) ?? "";
  }

  set(conversation: string, name: DraftName, text: string): void {
    this.#texts.set(`${name}:${conversation}`, text);
  }

  /** Whether anything is being written in a conversation. */
  any(conversation: string): boolean {
    return ALL.some((name) => this.get(conversation, name).trim() !== "");
  }

  forget(conversation: string): void {
    for (const name of ALL) this.#texts.delete(`${name}:${conversation}`);
  }

  clear(): void {
    this.#texts.clear();
  }
}
