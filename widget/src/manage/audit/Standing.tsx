import { useManage } from "../context";
import { useLoaded } from "../core/load";
import { refusalWords } from "../core/words";
import { moment } from "../transcripts/text";
import type { State } from "./model";

/** Whether the log is as it was written, as far as this server can say. */
export function Standing() {
  const { i18n, api, site } = useManage();
  const { t } = i18n;
  const { found, refusal } = useLoaded(`${site.site} state`, async (signal) => {
    const answer = await api.ask<State>(`/sites/${site.site}/audit/state`, { signal });
    return answer.ok ? answer.body : answer.refusal;
  });
  if (refusal) return <p class="callout callout-bad">{refusalWords(i18n, refusal)}</p>;
  if (!found) return <p class="soft" role="status">{t("audit.checking")}</p>;
  const bad = found.state !== "whole";
  return (
    <section class={`callout ${bad ? "callout-bad" : ""}`} aria-label={t("audit.standing")} {...(bad ? { role: "alert" } : {})}>
      <p>{found.state === "faulty" ? i18n.n("audit.faulty", found.fault_count) : t(`audit.${found.state}`, { when: moment(i18n, found.at) })}</p>
      {found.faults.length > 0 && (
        <ul>
          {found.faults.map(({ seq, kind }) => <li key={`${seq} ${kind}`}>{t("audit.at_entry", { seq, what: i18n.has(`audit.fault.${kind}`) ? t(`audit.fault.${kind}`) : kind })}</li>)}
        </ul>
      )}
      {found.state !== "unreadable" && <p>{found.covered ? i18n.n("audit.covered", found.entries, { covered: found.covered }) : i18n.n("audit.uncovered", found.entries)}</p>}
      {found.cut && <p>{t("audit.cut", { through: found.cut.through, when: moment(i18n, found.cut.at), months: found.cut.months })}</p>}
      {found.cut_elsewhere && <p>{t("audit.cut_elsewhere", { through: found.first - 1 })}</p>}
      <p class="soft">{t("audit.verify")}</p>
    </section>
  );
}
