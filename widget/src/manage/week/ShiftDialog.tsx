import { useEffect, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import { useManage } from "../context";
import { isStale, type FieldProblem, type Refusal } from "../core/api";
import { useDryRun } from "../core/dryRun";
import { useLoaded } from "../core/load";
import type { KnownShift, Occurrence, Shift, ShiftSaved } from "../core/model";
import { wallDay, type Day, type Wall } from "../core/time";
import { problemsAt, refusalWords, type Known, type Words } from "../core/words";
import { Dialog } from "../ui/Dialog";
import { useWords } from "../ui/fields";
import { useOnce, useRefusal } from "../ui/saving";
import type { WeekPlan } from "./plan";
import { removalOf, RemoveShift } from "./RemoveShift";
import { RepeatFields } from "./RepeatFields";
import { ScopeChoice, SeriesTools, ShiftButtons } from "./ShiftParts";
import { PersonAndQueues, TimeFields } from "./ShiftFields";
import { ShiftVerdict } from "./ShiftVerdict";
import { carried, changedTime, formOf, isComplete, isSeries, newForm, shiftOf, type Scope, type ShiftForm } from "./shiftForm";
import { briefDay } from "./text";

export interface ShiftDialogProps {
  readonly plan: WeekPlan;
  readonly names: Known;
  readonly reload: () => Promise<void>;
  readonly onClose: () => void;
  readonly day: Day;
  readonly staff?: string | undefined;
  readonly queue?: string | undefined;
  /** The time that is changed; without it the shift is new. */
  readonly occurrence?: Occurrence;
}

/** Of a problem of the one time that is changed the field of the form that it is about. */
const fieldsOf = (problems: readonly FieldProblem[], wanted: Shift | null, scope: Scope, of: Wall): readonly FieldProblem[] =>
  problems.map((one) => {
    const time = wanted && scope === "time" ? changedTime(wanted, one.field) : undefined;
    return time?.of === of ? { ...one, field: time.field } : one;
  });

const FIELDS = ["staff", "queues", "start", "end", "rule"] as const;

/** The problems that belong to no field of the form; those of other times with their day. */
function othersOf(i18n: I18n, problems: readonly FieldProblem[], wanted: Shift | null, words: ReturnType<typeof useWords>): readonly Words[] {
  const rest = problems.filter((one) => !FIELDS.some((field) => one.field === field || one.field.startsWith(`${field}.`)));
  return rest.flatMap((one) => words([one]).map((said) => {
    const time = wanted && changedTime(wanted, one.field);
    return time ? { ...said, text: `${briefDay(i18n, wallDay(time.of))}: ${said.text}` } : said;
  }));
}

function firstForm({ plan, day, staff, queue }: ShiftDialogProps): ShiftForm {
  const person = plan.staff.find((one) => one.id === staff) ?? (queue ? plan.staff.find((one) => one.queues.includes(queue)) : plan.staff[0]);
  return newForm(day, person?.id ?? "", queue ? [queue] : (person?.queues.slice(0, 1) ?? []));
}

/** How a series goes on from one of its times, while that is what is changed. */
function useRest(known: KnownShift | undefined, of: Wall, scope: Scope, version: string): { readonly rest: Shift | null; readonly unread: Refusal | null } {
  const { api, site } = useManage();
  const wanted = known && scope === "following";
  const { found, refusal } = useLoaded<{ readonly rest: Shift | null }>(wanted ? version : "", async (signal) => {
    if (!wanted) return { rest: null };
    const answer = await api.ask<KnownShift>(`/sites/${site.site}/shifts/${known.id}?following=${of}`, { signal });
    return answer.ok ? { rest: answer.body.shift } : answer.refusal;
  });
  return wanted ? { rest: found?.rest ?? null, unread: refusal } : { rest: null, unread: null };
}

function useShift(props: ShiftDialogProps) {
  const { plan, occurrence } = props;
  const known = occurrence ? plan.shifts.get(occurrence.shift) : undefined;
  const of: Wall = occurrence?.of ?? "";
  const [scope, setScope] = useState<Scope>(isSeries(known) ? "time" : "series");
  const [form, setForm] = useState(() => (known ? formOf(known.shift, of, scope) : firstForm(props)));
  const { rest, unread } = useRest(known, of, scope, plan.version);
  const [awaited, setAwaited] = useState(false);
  useEffect(() => {
    if (!awaited || !rest) return;
    setForm(formOf(rest, of, "series"));
    setAwaited(false);
  }, [awaited, rest]);
  const choose = (next: Scope): void => {
    setScope(next);
    setAwaited(next === "following");
    if (known && next !== "following") setForm(formOf(known.shift, of, next));
  };
  const change = (part: Partial<ShiftForm>): void => setForm((held) => ({ ...held, ...part }));
  const [first] = useState(() => JSON.stringify(known?.shift));
  const moved = known !== undefined && JSON.stringify(known.shift) !== first;
  const before = scope === "following" ? rest : known?.shift;
  const wanted = before !== null && !awaited && isComplete(form) ? shiftOf(form, before, scope, of) : null;
  const dropped = before && wanted && scope !== "time" ? carried(before, wanted.start, form.repeat).dropped : 0;
  return { known, of, scope, choose, form, change, moved, wanted, dropped, unread };
}

/** What happens when something is sent for good: said and closed, or told why not; what was typed stays. */
function useSending({ reload, onClose }: ShiftDialogProps) {
  const { i18n, api, say } = useManage();
  const [refusal, setRefusal] = useRefusal();
  const { saving, once } = useOnce();
  const send = async (path: string, method: "POST" | "PUT" | "DELETE", version: string, body: Shift | undefined, done: string): Promise<void> => {
    const answer = await api.ask(path, { method, ...(body ? { body } : {}), ...(method === "POST" ? {} : { version }) });
    if (!answer.ok && isStale(answer.refusal)) await reload();
    if (!answer.ok) return setRefusal(answer.refusal);
    say(i18n.t(done));
    onClose();
    await reload();
  };
  return { refusal, saving, send: (...sent: Parameters<typeof send>) => once(() => send(...sent)) };
}

/** Creates a shift, or changes one: this time only, it and all that follow, or all of its times. */
export function ShiftDialog(props: ShiftDialogProps) {
  const { plan, names, reload, onClose, occurrence } = props;
  const { i18n, site } = useManage();
  const { known, of, scope, choose, form, change, moved, wanted, dropped, unread } = useShift(props);
  const { refusal, saving, send } = useSending(props);
  const [removing, setRemoving] = useState(false);
  const words = useWords(names);
  const base = `/sites/${site.site}/shifts`;
  const path = !known ? base : scope === "following" ? `${base}/${known.id}?following=${of}` : `${base}/${known.id}`;
  const method = known ? "PUT" : "POST";
  const { verdict, busy: judging } = useDryRun<ShiftSaved>(path, method, wanted, plan.version);
  const overtaken = verdict?.refusal ? isStale(verdict.refusal) : false;
  useEffect(() => { if (overtaken) void reload(); }, [overtaken, plan.version]);
  const told = refusal && !isStale(refusal) ? refusal : verdict?.refusal;
  const problems = fieldsOf(told?.problems ?? [], wanted, scope, of);
  const at = (...fields: string[]) => words(problemsAt(problems, ...fields));
  const worker = known ? formOf(known.shift, of, "time").staff : occurrence?.staff;
  const gone = occurrence !== undefined && known === undefined;
  const save = (): void => { if (wanted && !gone) void send(path, method, plan.version, wanted, known ? "shift.changed" : "shift.made"); };
  const put = (shift: Shift): void => void send(`${base}/${known?.id}`, "PUT", plan.version, shift, "shift.changed");
  const remove = (): void => {
    if (!known) return;
    const { path: where, method: how, body, done } = removalOf(base, known, of, scope);
    void send(where, how, plan.version, body, done);
  };
  return (
    <Dialog title={i18n.t(known ? "shift.change" : "shift.new")} onClose={onClose} wide>
      <form class="form" noValidate onSubmit={(event) => { event.preventDefault(); save(); }}>
        {(moved || (refusal && isStale(refusal))) && <p class="callout callout-care" role="alert">{i18n.t("shift.stale")}</p>}
        {refusal && !isStale(refusal) && problems.length === 0 && <p class="callout callout-bad" role="alert">{refusalWords(i18n, refusal)}</p>}
        {unread && !gone && <p class="callout callout-bad" role="alert">{refusalWords(i18n, unread)}</p>}
        {gone && <p class="callout callout-care" role="alert">{i18n.t("shift.gone")}</p>}
        {occurrence && worker !== occurrence.staff && <p class="callout">{i18n.t("shift.swapped", { name: names.person(occurrence.staff) })}</p>}
        {known && isSeries(known) && <ScopeChoice shift={known.shift} of={of} scope={scope} onScope={choose} />}
        <PersonAndQueues form={form} plan={plan} staffWords={at("staff")} queueWords={at("queues")} onChange={change} />
        <TimeFields form={form} startWords={at("start")} endWords={at("end")} onChange={change} />
        {(scope !== "time" || !isSeries(known)) && <RepeatFields form={form} words={at("rule")} onChange={change} />}
        {known && scope === "series" && <SeriesTools shift={known.shift} onShift={put} />}
        {known && removing
          ? <RemoveShift known={known} of={of} scope={scope} version={plan.version} names={names} saving={saving} onKeep={() => setRemoving(false)} onRemove={remove} />
          : (
            <div class="dialog-foot">
              <ShiftVerdict plan={plan} form={form} scope={scope} of={of} names={names} verdict={verdict} busy={judging} dropped={dropped}
                others={othersOf(i18n, problems, wanted, words)} />
              <ShiftButtons known={known} of={of} scope={scope} ready={wanted !== null && !gone} saving={saving} onClose={onClose} onShift={put} onRemove={() => setRemoving(true)} />
            </div>
          )}
      </form>
    </Dialog>
  );
}
