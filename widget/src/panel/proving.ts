/** A script of its own, in a worker: works out a proof while the page stays alive. */

import { prove } from "../core/proof";
import type { Task } from "./work";

declare const self: { onmessage: (event: { data: Task }) => void; postMessage: (proof: string) => void };

self.onmessage = ({ data: { puzzle, bits } }) => self.postMessage(prove(puzzle, bits));
