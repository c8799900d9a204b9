/** What an entry of the audit log says, in words. */

import type { I18n } from "../../core/i18n";
import { keyOf } from "./actions";
import type { Entry } from "./model";

/** What was done; of a deed that has several steps the step. An action without a text is shown by its own name. */
export function didWords(i18n: I18n, action: string, record = ""): string {
  const key = `audit.did.${keyOf(action)}`;
  const step = `${key}.${record.slice(record.lastIndexOf("/") + 1)}`;
  if (i18n.has(step)) return i18n.t(step);
  return i18n.has(key) ? i18n.t(key) : action;
}

const NOBODY: Readonly<Record<string, string>> = { "command line": "audit.command_line", worker: "audit.worker", "not signed in": "audit.stranger" };

/** Who did it: an account with its role, or what is none. */
export function whoWords(i18n: I18n, actor: string, role: string): string {
  const nobody = NOBODY[actor];
  if (nobody) return i18n.t(nobody);
  if (actor.startsWith("oidc ")) return i18n.t("audit.provider", { name: actor.slice(5) });
  const key = `audit.role.${role}`;
  return i18n.has(key) ? i18n.t("audit.who_role", { who: actor, role: i18n.t(key) }) : actor;
}

/** To what: without the part that is the same for all of the site. */
export const recordWords = (site: string, record: string): string => record.replace(`sites/${site}/`, "");

/** Facts beside it as the log has them, without the reason, which stands by itself. */
export const factLines = ({ details }: Entry): readonly string[] =>
  Object.entries(details).filter(([name]) => name !== "reason").map(([name, value]) => `${name}: ${value}`);
