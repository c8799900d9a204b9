import { useState } from "preact/hooks";
import { useManage } from "../context";
import { useLoaded } from "../core/load";
import type { Occurrence, Roster } from "../core/model";
import { addDays, boundsOf, dayAt } from "../core/time";
import { problemsAt, refusalWords, type Known } from "../core/words";
import { Dialog } from "../ui/Dialog";
import { Field, useWords } from "../ui/fields";
import { useOnce, useRefusal } from "../ui/saving";
import type { WeekPlan } from "./plan";
import { whenText } from "./text";

interface AskProps {
  readonly plan: WeekPlan;
  readonly names: Known;
  readonly occurrence: Occurrence;
  readonly reload: () => Promise<void>;
  readonly onClose: () => void;
}

/** So far ahead a colleague's times are offered in exchange, days. */
const AHEAD_DAYS = 28;

const keyOf = (one: Occurrence): string => `${one.shift} ${one.of}`;

/** Asks a colleague to work a time of one's own, perhaps for one of theirs. */
export function AskSwapDialog({ plan, names, occurrence, reload, onClose }: AskProps) {
  const { i18n, api, site, me, now, say } = useManage();
  const { t } = i18n;
  const able = plan.staff.filter((one) => one.id !== me.id && occurrence.queues.every((queue) => one.queues.includes(queue)));
  const [colleague, setColleague] = useState(able[0]?.id ?? "");
  const [takes, setTakes] = useState("");
  const [refusal, setRefusal] = useRefusal();
  const { saving, once } = useOnce();
  const words = useWords(names);
  const today = dayAt(now());
  const { found } = useLoaded<readonly Occurrence[]>("ahead", async (signal) => {
    const answer = await api.ask<Roster>(`/sites/${site.site}/roster?from=${boundsOf(today)[0]}&to=${boundsOf(addDays(today, AHEAD_DAYS))[0]}`, { signal });
    return answer.ok ? answer.body.occurrences : answer.refusal;
  });
  const theirs = (found ?? []).filter((one) => one.staff === colleague && one.start > now());
  const send = async (): Promise<void> => {
    const wanted = theirs.find((one) => keyOf(one) === takes);
    const body = {
      colleague, gives: { shift: occurrence.shift, of: occurrence.of }, takes: wanted ? { shift: wanted.shift, of: wanted.of } : null,
    };
    const answer = await api.ask(`/sites/${site.site}/swaps`, { method: "POST", body });
    if (!answer.ok) return setRefusal(answer.refusal);
    say(t("swap.asked", { name: names.person(colleague) }));
    onClose();
    await reload();
  };
  const problems = refusal?.problems ?? [];
  return (
    <Dialog title={t("swap.ask")} onClose={onClose}>
      <p>{t("swap.ask_text", { when: whenText(i18n, occurrence.start, occurrence.end) })}</p>
      {refusal && problems.length === 0 && <p class="callout callout-bad" role="alert">{refusalWords(i18n, refusal)}</p>}
      {able.length === 0 ? <p class="callout">{t("swap.nobody")}</p> : (
        <form class="form" onSubmit={(event) => { event.preventDefault(); void once(send); }}>
          <Field label={t("swap.colleague")} words={words(problemsAt(problems, "colleague", "gives"))}>
            {(attributes) => (
              <select {...attributes} value={colleague} onChange={(event) => { setColleague(event.currentTarget.value); setTakes(""); }}>
                {able.map((one) => <option key={one.id} value={one.id}>{one.alias}</option>)}
              </select>
            )}
          </Field>
          <Field label={t("swap.takes")} words={words(problemsAt(problems, "takes"))}>
            {(attributes) => (
              <select {...attributes} value={takes} onChange={(event) => setTakes(event.currentTarget.value)}>
                <option value="">{t("swap.takes_nothing")}</option>
                {theirs.slice(0, 200).map((one) => <option key={keyOf(one)} value={keyOf(one)}>{whenText(i18n, one.start, one.end)}</option>)}
              </select>
            )}
          </Field>
          <div class="dialog-buttons">
            <button type="button" class="button" onClick={onClose}>{t("dialog.cancel")}</button>
            <button type="submit" class="button button-main" aria-disabled={saving}>{t("swap.send")}</button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
