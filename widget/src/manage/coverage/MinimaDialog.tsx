import { useEffect, useState } from "preact/hooks";
import { useManage } from "../context";
import { isStale, type FieldProblem } from "../core/api";
import { readHours, type HoursDocument } from "../core/hours";
import { useLoaded } from "../core/load";
import { problemsAt, refusalWords } from "../core/words";
import { documentOf, draftOf, isAlways, isWhole, type Draft } from "../hours/draft";
import { WeeklyEditor } from "../hours/WeeklyEditor";
import { Dialog } from "../ui/Dialog";
import { Field, useWords } from "../ui/fields";
import { SaveButton, useOnce, useRefusal } from "../ui/saving";

interface Minimum {
  readonly least: number;
  readonly hours: HoursDocument | null;
}

interface DraftMinimum {
  readonly key: number;
  readonly least: number;
  /** Null: whenever the queue is open. */
  readonly hours: Draft | null;
}

interface MinimaProps {
  readonly queue: string;
  readonly reload: () => Promise<void>;
  readonly onClose: () => void;
}

/** The server's bound (plan.MOST_MINIMA). */
const MOST = 20;
let keys = 0;

function draftMinimum({ least, hours }: Minimum): DraftMinimum {
  if (hours === null) return { key: (keys += 1), least, hours: null };
  const read = readHours(hours);
  return { key: (keys += 1), least, hours: draftOf(read, isAlways(read)) };
}

/** How many there must be in a queue at least, and when. */
export function MinimaDialog({ queue, reload, onClose }: MinimaProps) {
  const { i18n, api, site, say } = useManage();
  const { t } = i18n;
  const path = `/sites/${site.site}/queues/${queue}/minima`;
  const loaded = useLoaded<{ minima: readonly Minimum[]; tag: string }>(path, async (signal) => {
    const answer = await api.ask<{ minima: readonly Minimum[] }>(path, { signal });
    return answer.ok ? { minima: answer.body.minima, tag: answer.tag } : answer.refusal;
  });
  const { saving, once } = useOnce();
  const [rows, setRows] = useState<readonly DraftMinimum[] | null>(null);
  const [refusal, setRefusal] = useRefusal();
  useEffect(() => { if (loaded.found && rows === null) setRows(loaded.found.minima.map(draftMinimum)); }, [loaded.found]);
  const whole = rows?.every((one) => Number.isInteger(one.least) && (one.hours === null || isWhole(one.hours))) ?? false;
  const save = async (): Promise<void> => {
    if (!rows || !loaded.found || !whole) return;
    const minima = rows.map(({ least, hours }) => ({ least, ...(hours ? { hours: documentOf(hours) } : {}) }));
    const answer = await api.ask(path, { method: "PUT", body: { minima }, version: loaded.found.tag });
    if (!answer.ok) {
      setRefusal(answer.refusal);
      return isStale(answer.refusal) ? loaded.reload() : undefined;
    }
    say(t("minima.saved"));
    onClose();
    await reload();
  };
  const problems = refusal?.problems ?? [];
  const name = i18n.pick(site.queues.find((one) => one.queue === queue)?.names);
  return (
    <Dialog title={t("minima.title", { queue: name })} onClose={onClose} wide>
      <form class="form" noValidate onSubmit={(event) => { event.preventDefault(); void once(save); }}>
        <p>{t("minima.text")}</p>
        {refusal && (problems.length === 0 || isStale(refusal)) && (
          <p class="callout callout-care" role="alert">{isStale(refusal) ? t("shift.stale") : refusalWords(i18n, refusal)}</p>
        )}
        {!rows && <p class="soft" role="status">{loaded.refusal ? refusalWords(i18n, loaded.refusal) : t("week.loading")}</p>}
        {rows?.map((row, at) => (
          <MinimumRow key={row.key} row={row} problems={problems} under={`minima.${at + 1}`}
            onRow={(next) => setRows(rows.map((one) => (one.key === row.key ? next : one)))}
            onRemove={() => setRows(rows.filter((one) => one.key !== row.key))} />
        ))}
        {rows?.length === 0 && <p class="soft">{t("coverage.nothing")}</p>}
        <div class="dialog-buttons">
          <div class="dialog-side">
            <button type="button" class="button" aria-disabled={!rows || rows.length >= MOST}
              onClick={() => { if (rows && rows.length < MOST) setRows([...rows, draftMinimum({ least: 1, hours: null })]); }}>{t("minima.add")}</button>
          </div>
          <button type="button" class="button" onClick={onClose}>{t("dialog.cancel")}</button>
          <SaveButton ready={whole} saving={saving} />
        </div>
      </form>
    </Dialog>
  );
}

interface RowProps {
  readonly row: DraftMinimum;
  readonly problems: readonly FieldProblem[];
  readonly under: string;
  readonly onRow: (row: DraftMinimum) => void;
  readonly onRemove: () => void;
}

const EMPTY: Draft = draftOf({ weekly: Array.from({ length: 7 }, () => []), holidays: "closed", exceptions: [] }, false);

function MinimumRow({ row, problems, under, onRow, onRemove }: RowProps) {
  const { t } = useManage().i18n;
  const words = useWords({ person: (id) => id, queue: (key) => key });
  return (
    <fieldset class="minimum">
      <legend class="vh">{t("minima.row", { n: row.least })}</legend>
      <div class="field-row">
        <Field label={t("minima.least")} words={words(problemsAt(problems, `${under}.least`))}>
          {(attributes) => (
            <input {...attributes} type="number" min={1} max={100} value={Number.isNaN(row.least) ? "" : row.least}
              onInput={(event) => onRow({ ...row, least: event.currentTarget.valueAsNumber })} />
          )}
        </Field>
        <Field label={t("minima.when")}>
          {(attributes) => (
            <select {...attributes} value={row.hours ? "own" : "open"} onChange={(event) => onRow({ ...row, hours: event.currentTarget.value === "own" ? EMPTY : null })}>
              <option value="open">{t("minima.when_open")}</option>
              <option value="own">{t("minima.when_own")}</option>
            </select>
          )}
        </Field>
        <button type="button" class="button button-end row-end" onClick={onRemove}>{t("hours.remove")}</button>
      </div>
      {row.hours && (
        <WeeklyEditor draft={row.hours} problems={problems} under={`${under}.`} onDraft={(part) => onRow({ ...row, hours: { ...(row.hours ?? EMPTY), ...part } })} />
      )}
    </fieldset>
  );
}
