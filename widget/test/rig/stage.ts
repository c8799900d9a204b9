/** What all browser tests of one run share, as `run.mjs` has set it up: the built pages, a Chromium, and axe. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";

declare const __ROOT__: string;

const AXE = readFileSync(join(__ROOT__, "node_modules", "axe-core", "axe.min.js"), "utf8");

/** What can differ between two looks of one and the same screen: colours, sizes, languages. */
const OF_A_LOOK = ["color-contrast", "target-size", "html-has-lang", "html-lang-valid", "valid-lang", "document-title", "scrollable-region-focusable"];

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start the tests with npm test`);
  return value;
}

/** The folder with the built pages. */
export const pages = (): string => given("CHATSVC_TEST_STATIC");

/** The run's Chromium; closing what is returned only lets go of it. */
export const sharedBrowser = (): Promise<Browser> => chromium.connect(given("CHATSVC_TEST_BROWSER"), { timeout: 30_000 });

interface Check {
  /** This screen has been checked in full in another look. */
  readonly again?: boolean;
  /** The part that is new; the rest of the page has just been checked. */
  readonly within?: string;
}

/** What axe finds on the page as it is now. */
export async function axeFindings(page: Page, { again = false, within = "html" }: Check = {}): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  // axe needs more than the page's own policy allows a script; the debugger is not bound by it.
  const evaluate = (expression: string) => session.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  const { result: there } = await evaluate("'axe' in globalThis");
  if (there.value !== true) await evaluate(AXE);
  const rules = again ? `runOnly: ${JSON.stringify(OF_A_LOOK)},` : "";
  const { result, exceptionDetails } = await evaluate(
    `axe.run(${JSON.stringify(within)}, { ${rules} resultTypes: ["violations"] }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => [id, html, failureSummary].join(" "))))`,
  );
  await session.detach();
  if (exceptionDetails) throw new Error(`axe failed: ${exceptionDetails.text}`);
  return result.value as string[];
}
