import { useEffect, useState } from "preact/hooks";
import { useManage } from "../context";
import { isStale, type FieldProblem } from "../core/api";
import { useDryRun } from "../core/dryRun";
import type { Occurrence, Shift, ShiftSaved } from "../core/model";
import type { Day, Wall } from "../core/time";
import { problemsAt, refusalWords, type Known } from "../core/words";
import { Dialog } from "../ui/Dialog";
import { useWords } from "../ui/fields";
import { useOnce, useRefusal } from "../ui/saving";
import type { WeekPlan } from "./plan";
import { RepeatFields } from "./RepeatFields";
import { ScopeChoice, SeriesTools, ShiftButtons } from "./ShiftParts";
import { PersonAndQueues, TimeFields } from "./ShiftFields";
import { ShiftVerdict } from "./ShiftVerdict";
import { carried, formOf, isComplete, isSeries, newForm, shiftOf, type Scope, type ShiftForm } from "./shiftForm";

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

/** Of a problem of one changed time the field of the form that it is about. */
const fieldsOf = (problems: readonly FieldProblem[], scope: Scope): readonly FieldProblem[] =>
  scope === "series" ? problems : problems.map((one) => ({ ...one, field: one.field.replace(/^overrides\.\d+\./, "") }));

const FIELDS = ["staff", "queues", "start", "end", "rule"] as const;

function firstForm({ plan, day, staff, queue }: ShiftDialogProps): ShiftForm {
  const person = plan.staff.find((one) => one.id === staff) ?? (queue ? plan.staff.find((one) => one.queues.includes(queue)) : plan.staff[0]);
  return newForm(day, person?.id ?? "", queue ? [queue] : (person?.queues.slice(0, 1) ?? []));
}

function useShift(props: ShiftDialogProps) {
  const { plan, occurrence } = props;
  const known = occurrence ? plan.shifts.get(occurrence.shift) : undefined;
  const of: Wall = occurrence?.of ?? "";
  const [scope, setScope] = useState<Scope>(isSeries(known) ? "time" : "series");
  const [form, setForm] = useState(() => (known ? formOf(known.shift, of, scope) : firstForm(props)));
  const choose = (next: Scope): void => {
    setScope(next);
    if (known) setForm(formOf(known.shift, of, next));
  };
  const change = (part: Partial<ShiftForm>): void => setForm((held) => ({ ...held, ...part }));
  const [first] = useState(() => JSON.stringify(known?.shift));
  const moved = known !== undefined && JSON.stringify(known.shift) !== first;
  return { known, of, scope, choose, form, change, moved };
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

/** Creates a shift, or changes one: this time only, or all of its times. */
export function ShiftDialog(props: ShiftDialogProps) {
  const { plan, names, reload, onClose, occurrence } = props;
  const { i18n, site } = useManage();
  const { known, of, scope, choose, form, change, moved } = useShift(props);
  const { refusal, saving, send } = useSending(props);
  const words = useWords(names);
  const base = `/sites/${site.site}/shifts`;
  const path = known ? `${base}/${known.id}` : base;
  const method = known ? "PUT" : "POST";
  const wanted = isComplete(form) ? shiftOf(form, known?.shift, scope, of) : null;
  const { verdict, busy: judging } = useDryRun<ShiftSaved>(path, method, wanted, plan.version);
  const overtaken = verdict?.refusal ? isStale(verdict.refusal) : false;
  useEffect(() => { if (overtaken) void reload(); }, [overtaken, plan.version]);
  const told = refusal && !isStale(refusal) ? refusal : verdict?.refusal;
  const problems = fieldsOf(told?.problems ?? [], scope);
  const at = (...fields: string[]) => words(problemsAt(problems, ...fields));
  const dropped = known && wanted && scope === "series" ? carried(known.shift, wanted.start, form.repeat).dropped : 0;
  const worker = known ? formOf(known.shift, of, "time").staff : occurrence?.staff;
  const gone = occurrence !== undefined && known === undefined;
  const save = (): void => { if (wanted && !gone) void send(path, method, plan.version, wanted, known ? "shift.changed" : "shift.made"); };
  return (
    <Dialog title={i18n.t(known ? "shift.change" : "shift.new")} onClose={onClose} wide>
      <form class="form" noValidate onSubmit={(event) => { event.preventDefault(); save(); }}>
        {(moved || (refusal && isStale(refusal))) && <p class="callout callout-care" role="alert">{i18n.t("shift.stale")}</p>}
        {refusal && !isStale(refusal) && problems.length === 0 && <p class="callout callout-bad" role="alert">{refusalWords(i18n, refusal)}</p>}
        {gone && <p class="callout callout-care" role="alert">{i18n.t("shift.gone")}</p>}
        {occurrence && worker !== occurrence.staff && <p class="callout">{i18n.t("shift.swapped", { name: names.person(occurrence.staff) })}</p>}
        {known && isSeries(known) && <ScopeChoice shift={known.shift} of={of} scope={scope} onScope={choose} />}
        <PersonAndQueues form={form} plan={plan} staffWords={at("staff")} queueWords={at("queues")} onChange={change} />
        <TimeFields form={form} startWords={at("start")} endWords={at("end")} onChange={change} />
        {(scope === "series" || !isSeries(known)) && <RepeatFields form={form} words={at("rule")} onChange={change} />}
        <ShiftVerdict plan={plan} form={form} scope={scope} names={names} verdict={verdict} busy={judging} dropped={dropped}
          others={words(problems.filter((one) => !FIELDS.some((field) => one.field === field || one.field.startsWith(`${field}.`))))} />
        {known && scope === "series" && <SeriesTools shift={known.shift} onShift={(shift) => void send(path, "PUT", plan.version, shift, "shift.changed")} />}
        <ShiftButtons known={known} of={of} scope={scope} ready={wanted !== null && !gone} saving={saving} onClose={onClose}
          onShift={(shift) => void send(path, "PUT", plan.version, shift, "shift.changed")}
          onRemove={() => void send(path, "DELETE", plan.version, undefined, "shift.removed")} />
      </form>
    </Dialog>
  );
}
