/** Questions to the server, each matched with its answer by `ref`. */

import type { CounsellorServerFrame } from "../../core/frames";

export type Answer = CounsellorServerFrame;
export type Reply = { readonly ok: true; readonly frame: Answer } | { readonly ok: false; readonly code: string };

/** The connection broke before the answer came: it may or may not have been done. */
export const UNANSWERED = "unanswered";

export class Requests {
  #next = 1;
  readonly #waiting = new Map<string, (reply: Reply) => void>();

  /** Sends a question; `send` says whether it left. Resolves with the answer, and never rejects. */
  ask(send: (ref: string) => boolean): Promise<Reply> {
    const ref = `r${this.#next++}`;
    if (!send(ref)) return Promise.resolve({ ok: false, code: UNANSWERED });
    return new Promise((resolve) => this.#waiting.set(ref, resolve));
  }

  /** Gives an answer to who asked; the ref if somebody had. */
  take(frame: Answer): string | null {
    const ref = "ref" in frame && typeof frame.ref === "string" ? frame.ref : null;
    const resolve = ref === null ? undefined : this.#waiting.get(ref);
    if (ref === null || !resolve) return null;
    this.#waiting.delete(ref);
    resolve(frame.type === "error" ? { ok: false, code: frame.code } : { ok: true, frame });
    return ref;
  }

  abandon(): void {
    for (const resolve of this.#waiting.values()) resolve({ ok: false, code: UNANSWERED });
    this.#waiting.clear();
  }
}
