import type { PuzzleFrame } from "../core/frames";
import { prove } from "../core/proof";
import type { Out } from "./view";

export type Task = Pick<PuzzleFrame, "puzzle" | "bits">;

interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL: (url: string) => string };
}

/** The address of `proving.ts`; the build fills it in. */
declare const __WORKER__: string;
declare const trustedTypes: Policies | undefined;

let address: string | null = null;
let busy: Worker | null = null;

/** The one address that our policy lets a worker have; the page's own names the policy, and it can be made once. */
const trusted = (): string =>
  (address ??= typeof trustedTypes === "undefined"
    ? __WORKER__
    : trustedTypes.createPolicy("chatsvc-worker", { createScriptURL: () => __WORKER__ }).createScriptURL(""));

/** What answers a puzzle, worked out in a worker, or here where there is none; a newer puzzle ends the work on an older one. */
export function work({ puzzle, bits }: Task): Promise<Out> {
  busy?.terminate();
  return new Promise((answer) => {
    const done = (proof: string) => answer({ type: "proof", ref: "proof", puzzle, proof });
    const here = () => done(prove(puzzle, bits));
    try {
      const worker = new Worker(trusted());
      busy = worker;
      worker.onmessage = ({ data }) => {
        worker.terminate();
        done(String(data));
      };
      worker.onerror = here;
      worker.postMessage({ puzzle, bits } satisfies Task);
    } catch {
      here();
    }
  });
}
