/** Node's test runner with a limit for each test: one that waits for what never comes fails by its name. `run.mjs` puts it where tests ask for `node:test`. */

import * as runner from "node:test";

/** Ten times what the longest test takes beside another on a slow machine. */
const LIMIT_MS = 180_000;

export const test = (name: string, run: () => Promise<void> | void): Promise<void> => runner.test(name, { timeout: LIMIT_MS }, run);

export const { after, afterEach, before, beforeEach } = runner;

// A test that was given up may have left something open, and the process would wait for that.
after(() => { setTimeout(() => process.exit(), 5_000).unref(); });
