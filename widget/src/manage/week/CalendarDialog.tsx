import { useRef, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import { Check, Warn } from "../../console/ui/icons";
import { may, useManage } from "../context";
import { isStale, type Refusal } from "../core/api";
import type { ImportedPlan } from "../core/model";
import { ruleWords } from "../core/rule";
import { instantOfWall } from "../core/time";
import { refusalWords, type Known } from "../core/words";
import { Dialog } from "../ui/Dialog";
import { Field, useWords } from "../ui/fields";
import { useOnce, useRefusal } from "../ui/saving";
import { remarkText, whenText } from "./text";

interface CalendarProps {
  readonly names: Known;
  readonly reload: () => Promise<void>;
  readonly onClose: () => void;
}

/** Most shifts of a file that are spelt out before they are taken over. */
const MOST = 50;
/** Most that is wrong with a file that is spelt out. */
const MOST_WRONG = 20;

/** The plan as a calendar file: out, and in after a look at what would come. */
export function CalendarDialog({ names, reload, onClose }: CalendarProps) {
  const { i18n, api, site, say } = useManage();
  const { t } = i18n;
  const [file, setFile] = useState<File | null>(null);
  const [seen, setSeen] = useState<{ plan: ImportedPlan; tag: string } | null>(null);
  const [refusal, setRefusal] = useRefusal();
  const { saving, once } = useOnce();
  const path = `/sites/${site.site}/calendar`;
  const latest = useRef<File | null>(null);
  const look = async (chosen: File | null): Promise<void> => {
    latest.current = chosen;
    setFile(chosen);
    setSeen(null);
    setRefusal(null);
    if (!chosen) return;
    const answer = await api.ask<ImportedPlan>(`${path}?dry_run=true`, { method: "POST", body: chosen });
    if (latest.current !== chosen) return; // another file was chosen meanwhile
    if (answer.ok) setSeen({ plan: answer.body, tag: answer.tag });
    else setRefusal(answer.refusal);
  };
  const take = async (): Promise<void> => {
    if (!file || !seen) return;
    const answer = await api.ask<ImportedPlan>(path, { method: "POST", body: file, version: seen.tag });
    if (!answer.ok && isStale(answer.refusal)) await look(file);
    if (!answer.ok) return setRefusal(answer.refusal);
    say(t("calendar.taken", { what: amountText(i18n, answer.body) }));
    onClose();
    await reload();
  };
  return (
    <Dialog title={t("calendar.title")} onClose={onClose} wide>
      <section class="form">
        <h3>{t("calendar.export")}</h3>
        <p>{t("calendar.export_text")}</p>
        <a class="button button-fit" href={`/api/v1${path}`} download={`${site.site}.ics`}>{t("calendar.save_file")}</a>
      </section>
      {may(site, "import_plan") && (
        <section class="form">
          <h3>{t("calendar.import")}</h3>
          <p>{t("calendar.import_text")}</p>
          <Field label={t("calendar.file")}>
            {(attributes) => <input {...attributes} type="file" accept=".ics,text/calendar" onClick={(event) => {
              if (refusal) event.currentTarget.value = ""; // the same file again, mended meanwhile, is another one
            }} onChange={(event) => void look(event.currentTarget.files?.[0] ?? null)} />}
          </Field>
          {refusal && <Refused refusal={refusal} names={names} />}
          {seen && <Seen plan={seen.plan} names={names} />}
          {seen && seen.plan.shifts.length + seen.plan.absences.length > 0 && (
            <div class="dialog-buttons"><button type="button" class="button button-main" aria-disabled={saving} onClick={() => void once(take)}>{t(saving ? "action.saving" : "calendar.take")}</button></div>
          )}
        </section>
      )}
    </Dialog>
  );
}

function Refused({ refusal, names }: { refusal: Refusal; names: Known }) {
  const { i18n } = useManage();
  const words = useWords(names);
  const lines = refusal.problems.slice(0, MOST_WRONG);
  const rest = refusal.problems.length - lines.length;
  return (
    <div class="callout callout-bad" role="alert">
      <p>{lines.length > 0 ? i18n.t("calendar.refused") : refusalWords(i18n, refusal)}</p>
      <ul>
        {lines.map((one) => (
          <li key={`${one.line} ${one.field} ${one.message}`}>
            {one.line ? `${i18n.t("calendar.line", { n: one.line })} ` : ""}{words([one]).map(({ text, lang }) => <span key={text} lang={lang}>{text === one.message ? `${one.field} ${text}` : text}</span>)}
          </li>
        ))}
      </ul>
      {rest > 0 && <p>{i18n.n("week.more", rest)}</p>}
    </div>
  );
}

/** How many shifts and absences a file has; of what there is none nothing is said beside the other. */
function amountText(i18n: I18n, { shifts, absences }: ImportedPlan): string {
  const parts = [shifts.length > 0 || absences.length === 0 ? i18n.n("calendar.shifts", shifts.length) : "", absences.length > 0 ? i18n.n("calendar.absences", absences.length) : ""];
  return parts.filter(Boolean).join(" ");
}

function Seen({ plan, names }: { plan: ImportedPlan; names: Known }) {
  const { i18n } = useManage();
  const rest = plan.shifts.length - MOST;
  return (
    <div role="status">
      <p class="verdict-line verdict-good"><Check />{amountText(i18n, plan)}</p>
      {plan.warnings.length > 0 && <p class="verdict-line"><Warn />{i18n.n("calendar.outside", plan.warnings.length)}</p>}
      {(plan.remarks ?? []).map((one) => (
        <p key={`${one.shift} ${one.of}`} class="verdict-line"><Warn />{one.line ? `${i18n.t("calendar.line", { n: one.line })} ` : ""}{remarkText(i18n, one)}</p>
      ))}
      <ul class="import-list">
        {plan.shifts.slice(0, MOST).map(({ id, shift }) => (
          <li key={id}>
            <b>{names.person(shift.staff)}</b> {whenText(i18n, instantOfWall(shift.start), instantOfWall(shift.end))}
            {" "}{shift.queues.map(names.queue).join(", ")}{shift.rule ? `; ${ruleWords(i18n, shift.rule, shift.start)}` : ""}
          </li>
        ))}
      </ul>
      {rest > 0 && <p class="soft">{i18n.n("week.more", rest)}</p>}
    </div>
  );
}
