import { useId, useRef, useState } from "preact/hooks";
import type { Conversation, DeskState } from "../state/model";
import { finnishTime } from "../texts";
import { useConsole } from "./context";
import { Clock, Close, Lock } from "./icons";
import { useNow } from "./time";

/** The end of a shift is told this long before. */
export const ENDS_SOON_MS = 10 * 60_000;

const isOwn = (one: Conversation): boolean => one.state === "active" && one.role === "owner";

/** The shift is over, and this person goes on with those whom they have. */
const isOver = (state: DeskState): boolean => state.duty.state === "draining" && state.duty.reason === "shift_ended";

/** What there is to say about the end of the shift, and a key that changes with it; null for nothing. */
function useWords(state: DeskState): { key: string; words: string } | null {
  const { i18n } = useConsole();
  const now = useNow() + state.skew;
  const { until } = state.duty;
  if (isOver(state)) {
    const open = state.conversations.filter(isOwn).length;
    return open > 0 ? { key: "over", words: i18n.n("shift.over", open) } : null;
  }
  if (until === null || now >= until || until - now > ENDS_SOON_MS) return null;
  return { key: String(until), words: i18n.t("shift.ends", { time: finnishTime(i18n, until) }) };
}

/** Tells that the shift ends soon or is over; can be put away, and comes back with what is new. */
export function ShiftEnd({ state }: { state: DeskState }) {
  const { i18n } = useConsole();
  const [away, putAway] = useState<string | null>(null);
  const told = useWords(state);
  const shown = told !== null && told.key !== away;
  return (
    <div role="status" class={shown ? "shift-end" : "vh"}>
      {shown && (
        <>
          <Clock />
          <p>{told.words}</p>
          <button type="button" class="button-icon button-icon-small" aria-label={i18n.t("notices.dismiss")}
            onClick={() => putAway(told.key)}><Close /></button>
        </>
      )}
    </div>
  );
}

interface HandoverNoteProps {
  readonly conversation: Conversation;
  readonly state: DeskState;
  readonly onTransfer: () => void;
  readonly onReturn: () => void;
}

/** After the shift: what whoever goes on should know, and the ways to hand the visitor over. The talk goes on meanwhile. */
export function HandoverNote({ conversation, state, onTransfer, onReturn }: HandoverNoteProps) {
  const { i18n, desk, actions } = useConsole();
  const field = useRef<HTMLTextAreaElement>(null);
  const [, redraw] = useState(0);
  const id = useId();
  const { t } = i18n;
  const text = desk.drafts.get(conversation.id, "handover");
  const asked = isOver(state) && !conversation.handedOver;
  if (!isOwn(conversation) || (!asked && text.trim() === "")) return null;
  const over = [...text].length > state.textLimit;
  const save = (): void => {
    if (over) return;
    if (text.trim() === "") field.current?.focus();
    else actions.handOver(conversation.id, text);
  };
  return (
    <form class="handover" aria-labelledby={`${id}-title`} onSubmit={(event) => { event.preventDefault(); save(); }}>
      <div class="handover-head">
        <h3 id={`${id}-title`}><Lock />{t("handover.title")}</h3>
        <button type="button" class="button button-small" onClick={() => actions.handOver(conversation.id, "")}>{t("handover.dismiss")}</button>
      </div>
      <label for={id}>{t("handover.label")}</label>
      <textarea ref={field} id={id} rows={2} dir="auto" value={text} aria-label={t("handover.label")} aria-describedby={`${id}-hint`} onInput={(event) => {
        actions.setDraft(conversation.id, "handover", event.currentTarget.value);
        redraw((count) => count + 1);
      }} />
      <p class="soft" id={`${id}-hint`}>{over ? t("composer.over", { n: [...text].length - state.textLimit }) : t("transfer.note_hint")}</p>
      <div class="handover-buttons">
        <button type="submit" class="button button-small button-main" aria-disabled={text.trim() === "" || over}>{t("handover.save")}</button>
        <button type="button" class="button button-small handover-way" onClick={onTransfer}>{t("transfer.button")}</button>
        <button type="button" class="button button-small handover-way" onClick={onReturn}>{t("return.button")}</button>
      </div>
    </form>
  );
}
