import { useEffect, useMemo, useState } from "preact/hooks";
import { useManage } from "../context";
import { isStale, type FieldProblem, type Refusal } from "../core/api";
import { readHours, type HoursDocument } from "../core/hours";
import { useLoaded } from "../core/load";
import { addDays, dayAt } from "../core/time";
import { refusalWords } from "../core/words";
import { showQuery, useRoute } from "../route";
import { readHolidays } from "../week/plan";
import { useLeaveGuard } from "../ui/leave";
import { SaveButton, useOnce, useRefusal } from "../ui/saving";
import { documentOf, draftOf, hoursOf, isAlways, isWhole, type Draft } from "./draft";
import { merged } from "./merged";
import { unsaved, type Held } from "./unsaved";
import { Exceptions } from "./Exceptions";
import { Preview } from "./Preview";
import { WeeklyEditor } from "./WeeklyEditor";

/** Opening hours of one queue at a time: the week, holidays, exceptions, and what they come to. */
export function HoursView() {
  const { i18n, site } = useManage();
  const { query } = useRoute();
  const queue = site.queues.find((one) => one.queue === query["queue"]) ?? site.queues[0];
  if (!queue) return <p class="soft">{i18n.t("hours.no_queues")}</p>;
  return (
    <div class="hours">
      <div class="toolbar">
        <div class="toolbar-title"><h1>{i18n.t("view.hours")}</h1></div>
        <QueueChoice queue={queue.queue} onQueue={(one) => showQuery("hours", { queue: one })} />
      </div>
      <QueueHours key={queue.queue} queue={queue.queue} />
    </div>
  );
}

/** Which queue is looked at; buttons while they are few. */
export function QueueChoice({ queue, onQueue }: { queue: string; onQueue: (queue: string) => void }) {
  const { i18n, site } = useManage();
  const name = (one: (typeof site.queues)[number]): string => i18n.pick(one.names) || one.queue;
  if (site.queues.length > 4) {
    return (
      <label class="field queue-select"><span>{i18n.t("shift.queue")}</span>
        <select value={queue} onChange={(event) => onQueue(event.currentTarget.value)}>
          {site.queues.map((one) => <option key={one.queue} value={one.queue}>{name(one)}</option>)}
        </select>
      </label>
    );
  }
  return (
    <div class="segments queue-segments" role="group" aria-label={i18n.t("shift.queue")}>
      {site.queues.map((one) => (
        <button key={one.queue} type="button" class="segment" aria-pressed={one.queue === queue} onClick={() => onQueue(one.queue)}>{name(one)}</button>
      ))}
    </div>
  );
}

interface Known {
  readonly document: HoursDocument;
  readonly tag: string;
  readonly holidays: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

function useHours(queue: string) {
  const { api, site, now } = useManage();
  const today = dayAt(now());
  const path = `/sites/${site.site}/queues/${queue}/hours`;
  const loaded = useLoaded<Known>(path, async (signal) => {
    const [answer, holidays] = await Promise.all([
      api.ask<{ hours: HoursDocument }>(path, { signal }), readHolidays(api, [today.slice(0, 4), addDays(today, 14).slice(0, 4)], signal),
    ]);
    if (!answer.ok) return answer.refusal;
    if ("problems" in holidays) return holidays;
    return { document: answer.body.hours, tag: answer.tag, holidays };
  });
  return { ...loaded, path };
}

function QueueHours({ queue }: { queue: string }) {
  const { i18n } = useManage();
  const { found, refusal, reload, path } = useHours(queue);
  if (!found) return <p class="soft" role="status">{refusal ? refusalWords(i18n, refusal) : i18n.t("week.loading")}</p>;
  return <HoursForm known={found} path={path} reload={reload} />;
}

const heldOf = (document: HoursDocument, tag: string): Held => {
  const hours = readHours(document);
  const draft = draftOf(hours, isAlways(hours));
  return { draft, base: draft, tag };
};

interface FormProps {
  readonly known: Known;
  readonly path: string;
  readonly reload: () => Promise<void>;
}

function useDraft({ known, path, reload }: FormProps) {
  const { i18n, api, say } = useManage();
  const [held, setHeld] = useState(() => unsaved.get(path) ?? heldOf(known.document, known.tag));
  const [refusal, setRefusal] = useRefusal();
  const { saving, once } = useOnce();
  const touched = unsaved.has(path);
  const forget = (next: Held): void => {
    unsaved.delete(path);
    setHeld(next);
  };
  useEffect(() => { if (!unsaved.has(path)) forget(heldOf(known.document, known.tag)); }, [known]);
  useLeaveGuard(touched);
  const keep = (next: Held): void => {
    unsaved.set(path, next);
    setHeld(next);
  };
  const undo = (): void => {
    if (saving) return;
    forget({ ...held, draft: held.base });
    setRefusal(null);
  };
  const save = async (): Promise<void> => {
    const answer = await api.ask<{ hours: HoursDocument }>(path, { method: "PUT", body: { hours: documentOf(held.draft) }, version: held.tag });
    setRefusal(answer.ok ? null : answer.refusal);
    if (answer.ok) {
      forget(heldOf(answer.body.hours, answer.tag));
      say(i18n.t("hours.saved"));
    } else if (isStale(answer.refusal)) {
      const now = await api.ask<{ hours: HoursDocument }>(path);
      if (!now.ok) return setRefusal(now.refusal);
      const fresh = heldOf(now.body.hours, now.tag);
      keep({ ...fresh, draft: merged(held.base, held.draft, fresh.draft) });
    }
    if (answer.ok) await reload();
  };
  const change = (part: Partial<Draft>): void => { if (!saving) keep({ ...held, draft: { ...held.draft, ...part } }); };
  return { draft: held.draft, refusal, touched, saving, change, undo, save: () => once(save) };
}

/** Fields without the words that only the body has before them. */
const fieldsOf = (refusal: Refusal | null): readonly FieldProblem[] =>
  (refusal?.problems ?? []).map((one) => ({ ...one, field: one.field.replace(/^hours\./, "") }));

function HoursForm(props: FormProps) {
  const { i18n } = useManage();
  const { t } = i18n;
  const { draft, refusal, touched, saving, change, undo, save } = useDraft(props);
  const problems = fieldsOf(refusal);
  const whole = isWhole(draft);
  const hours = useMemo(() => hoursOf(draft), [draft]);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (whole) void save();
  };
  return (
    <form class="hours-form" noValidate onSubmit={submit}>
      <div class="hours-edit">
        <section class="panel" aria-labelledby="weekly-title">
          <h2 id="weekly-title">{t("hours.weekly")}</h2>
          <label class="check">
            <input type="checkbox" checked={draft.always} onChange={(event) => change({ always: event.currentTarget.checked })} />
            <span>{t("hours.always")}</span>
          </label>
          {!draft.always && <WeeklyEditor draft={draft} problems={problems} onDraft={change} />}
        </section>
        <div class="panel"><Exceptions draft={draft} problems={problems} onDraft={change} /></div>
        {refusal && (
          <p class="callout callout-bad" role="alert">
            {isStale(refusal) ? t("hours.merged") : problems.length > 0 ? t("verdict.conflict") : refusalWords(i18n, refusal)}
          </p>
        )}
        {!whole && <p class="callout callout-care">{t("hours.unfinished")}</p>}
        <div class="save-bar">
          <button type="button" class="button" aria-disabled={!touched || saving} onClick={undo}>{t("hours.undo")}</button>
          <SaveButton ready={touched && whole} saving={saving} />
        </div>
      </div>
      <div class="panel preview-panel"><Preview hours={hours} holidays={props.known.holidays} /></div>
    </form>
  );
}
