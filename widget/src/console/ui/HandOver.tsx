import { useId, useState } from "preact/hooks";
import type { Conversation, DeskState } from "../state/model";
import { queueKey } from "../state/model";
import { ColleagueField, useColleagues, whyNotConsult, whyNotTransfer } from "./Colleagues";
import { useConsole } from "./context";
import { Dialog } from "./Dialog";
import { useLeaveGuard } from "./hooks";
import { queueTitle } from "./names";
import { useRequired } from "./required";

interface DialogProps {
  readonly conversation: Conversation;
  readonly state: DeskState;
  readonly onClose: () => void;
}

/** Runs an order once at a time and closes the dialog when it was carried out. */
function useOrder(onClose: () => void) {
  const [busy, setBusy] = useState(false);
  const run = async (order: () => Promise<boolean>): Promise<void> => {
    if (busy) return;
    setBusy(true);
    const done = await order();
    setBusy(false);
    if (done) onClose();
  };
  return { busy, run };
}

interface ButtonsProps {
  readonly onClose: () => void;
  readonly busy: boolean;
  readonly label: string;
}

function Buttons({ onClose, busy, label }: ButtonsProps) {
  const { i18n } = useConsole();
  return (
    <div class="dialog-buttons">
      <button type="button" class="button" onClick={onClose}>{i18n.t("dialog.cancel")}</button>
      <button type="submit" class="button button-main" aria-disabled={busy}>{label}</button>
    </div>
  );
}

/** Asks once more before the visitor is told that it is over. */
export function EndDialog({ conversation, onClose }: DialogProps) {
  const { i18n, actions } = useConsole();
  const { busy, run } = useOrder(onClose);
  return (
    <Dialog title={i18n.t("end.title")} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); void run(() => actions.close(conversation.id)); }}>
        <p>{i18n.t("end.text")}</p>
        {conversation.drafted && <p class="callout callout-care">{i18n.t("end.draft")}</p>}
        <Buttons onClose={onClose} busy={busy} label={i18n.t("end.confirm")} />
      </form>
    </Dialog>
  );
}

function NoteField() {
  const { i18n } = useConsole();
  const id = useId();
  const [some, setSome] = useState(false);
  useLeaveGuard(some);
  return (
    <div class="field">
      <label for={id}>{i18n.t("transfer.note")}</label>
      <textarea id={id} name="note" rows={3} onInput={(event) => setSome(event.currentTarget.value.trim() !== "")} />
      <p class="soft">{i18n.t("transfer.note_hint")}</p>
    </div>
  );
}

function field(form: HTMLFormElement, name: string): string {
  return String(new FormData(form).get(name) ?? "").trim();
}

/** Hands the conversation to another queue or to a colleague. */
export function HandOver({ conversation, state, onClose }: DialogProps) {
  const { i18n, actions } = useConsole();
  const { busy, run } = useOrder(onClose);
  const queues = state.queues.filter((queue) => queue.key !== queueKey(conversation.site, conversation.queue));
  const [to, setTo] = useState<"queue" | "counsellor">(queues.length > 0 ? "queue" : "counsellor");
  const colleagues = useColleagues();
  const required = useRequired("counsellor");
  const submit = (form: HTMLFormElement): void => {
    if (!required.complete(form)) return;
    const note = field(form, "note");
    const queue = queues.find((one) => one.key === field(form, "queue"));
    const colleague = colleagues.find(field(form, "counsellor"));
    const extra = { conversation: conversation.id, ...(note ? { note } : {}) };
    if (queue) {
      const target = { site: queue.site, queue: queue.queue };
      void run(() => actions.transfer({ to: target, ...extra }, queueTitle(i18n, queue, queue.queue)));
    } else if (colleague) {
      const target = { counsellor: colleague.id };
      void run(() => colleagues.after(actions.transfer({ to: target, ...extra }, colleague.alias)));
    }
  };
  return (
    <Dialog title={i18n.t("transfer.title")} onClose={onClose}>
      <form noValidate onInput={required.onInput} onSubmit={(event) => { event.preventDefault(); submit(event.currentTarget); }}>
        <p>{i18n.t("transfer.text")}</p>
        <div class="segments segments-even" role="group" aria-label={i18n.t("transfer.to")}>
          {(["queue", "counsellor"] as const).map((one) => (
            <button key={one} type="button" class="segment" aria-pressed={to === one} onClick={() => setTo(one)}>{i18n.t(`transfer.to_${one}`)}</button>
          ))}
        </div>
        {to === "queue"
          ? <QueueField queues={queues} />
          : <ColleagueField known={colleagues.known} retry={colleagues.retry} why={whyNotTransfer} lacks={required.missing.length > 0} />}
        <NoteField />
        <Buttons onClose={onClose} busy={busy} label={i18n.t("transfer.confirm")} />
      </form>
    </Dialog>
  );
}

function QueueField({ queues }: { queues: DeskState["queues"] }) {
  const { i18n } = useConsole();
  const id = useId();
  if (queues.length === 0) return <p class="empty">{i18n.t("transfer.no_queue")}</p>;
  return (
    <div class="field">
      <label for={id}>{i18n.t("transfer.queue")}</label>
      <select id={id} name="queue">
        {queues.map((queue) => (
          <option key={queue.key} value={queue.key}>{queueTitle(i18n, queue, queue.queue)} – {i18n.n("waiting.people", queue.waiting)}</option>
        ))}
      </select>
    </div>
  );
}

/** Brings a colleague into the conversation; the visitor sees that they join. */
export function ConsultDialog({ conversation, onClose }: DialogProps) {
  const { i18n, actions } = useConsole();
  const { busy, run } = useOrder(onClose);
  const colleagues = useColleagues();
  const required = useRequired("counsellor");
  const submit = (form: HTMLFormElement): void => {
    if (!required.complete(form)) return;
    const colleague = colleagues.find(field(form, "counsellor"));
    if (!colleague) return;
    void run(() => colleagues.after(actions.consult({ conversation: conversation.id, counsellor: colleague.id })));
  };
  return (
    <Dialog title={i18n.t("consult.title")} onClose={onClose}>
      <form noValidate onInput={required.onInput} onSubmit={(event) => { event.preventDefault(); submit(event.currentTarget); }}>
        <p>{i18n.t("consult.text")}</p>
        <ColleagueField known={colleagues.known} retry={colleagues.retry} lacks={required.missing.length > 0}
          why={(one, all) => whyNotConsult(one, all, conversation)} />
        <Buttons onClose={onClose} busy={busy} label={i18n.t("consult.confirm")} />
      </form>
    </Dialog>
  );
}

/** Gives the visitor back to the front of the queue that they came from. */
export function ReturnDialog({ conversation, onClose }: DialogProps) {
  const { i18n, actions } = useConsole();
  const { busy, run } = useOrder(onClose);
  const submit = (form: HTMLFormElement): void => {
    const note = field(form, "note");
    void run(() => actions.giveBack({ conversation: conversation.id, ...(note ? { note } : {}) }));
  };
  return (
    <Dialog title={i18n.t("return.title")} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); submit(event.currentTarget); }}>
        <p>{i18n.t("return.text")}</p>
        <NoteField />
        <Buttons onClose={onClose} busy={busy} label={i18n.t("return.confirm")} />
      </form>
    </Dialog>
  );
}
