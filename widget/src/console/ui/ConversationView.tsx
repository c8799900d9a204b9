import { useEffect, useState } from "preact/hooks";
import type { Conversation, DeskState } from "../state/model";
import { Composer } from "./Composer";
import { useConsole } from "./context";
import { Details } from "./Details";
import { ConsultDialog, EndDialog, HandOver, ReturnDialog } from "./HandOver";
import { Back, Info, More } from "./icons";
import { languageName, titleOf, visitorName, worded } from "./names";
import { Presence } from "./Presence";
import { HandoverNote } from "./ShiftEnd";
import { Transcript } from "./Transcript";
import { WrapUp } from "./WrapUp";

type Open = "end" | "transfer" | "consult" | "return" | null;

interface ConversationViewProps {
  readonly conversation: Conversation;
  readonly state: DeskState;
}

/** The open conversation: who it is, what was said, where to write, and how to end. */
export function ConversationView({ conversation, state }: ConversationViewProps) {
  const { i18n } = useConsole();
  const [open, setOpen] = useState<Open>(null);
  const [details, setDetails] = useState(false);
  const active = conversation.state === "active";
  const close = (): void => setOpen(null);
  const dialog = { conversation, state, onClose: close };
  return (
    <section class={details ? "conversation conversation-details" : "conversation"} aria-labelledby="conversation-title">
      <Head conversation={conversation} state={state} onOpen={setOpen} details={details} onDetails={() => setDetails(!details)} />
      <div class="conversation-main">
        <Transcript conversation={conversation} state={state} />
        {conversation.transferring !== null && (
          <p class="callout" role="status">{i18n.t("transfer.pending", { to: conversation.transferring })}</p>
        )}
        {active && conversation.unled && conversation.role === "consultant" && (
          <p class="callout" role="status">{i18n.t("lead.lost")}</p>
        )}
        <HandoverNote conversation={conversation} state={state}
          onTransfer={() => setOpen("transfer")} onReturn={() => setOpen("return")} />
        {active && <Composer conversation={conversation} state={state} />}
        {conversation.state === "wrap_up" && conversation.role === "owner" && <WrapUp conversation={conversation} state={state} />}
        {isOver(conversation) && <Over conversation={conversation} />}
      </div>
      <Details conversation={conversation} state={state} />
      {open === "end" && <EndDialog {...dialog} />}
      {open === "transfer" && <HandOver {...dialog} />}
      {open === "consult" && <ConsultDialog {...dialog} />}
      {open === "return" && <ReturnDialog {...dialog} />}
    </section>
  );
}

const isOver = (one: Conversation): boolean =>
  one.state === "gone" || one.state === "closed" || (one.state === "wrap_up" && one.role !== "owner");

interface HeadProps extends ConversationViewProps {
  readonly onOpen: (open: Open) => void;
  readonly details: boolean;
  readonly onDetails: () => void;
}

function Head({ conversation, state, onOpen, details, onDetails }: HeadProps) {
  const { i18n, actions } = useConsole();
  const { t } = i18n;
  const active = conversation.state === "active";
  return (
    <header class="conversation-head">
      <button type="button" class="button-icon back" aria-label={t("conversation.back")} onClick={() => actions.select(null)}><Back /></button>
      <span class={`slot slot-${conversation.state}`} aria-hidden="true">{conversation.slot}</span>
      <div class="conversation-who">
        <h2 id="conversation-title">{visitorName(i18n, conversation)}</h2>
        <p class="conversation-facts">
          <span class="facts-queue">{titleOf(i18n, state, conversation)}</span>
          <span>{languageName(i18n, conversation.lang)}</span>
          {active && conversation.heavy && <span class="chip">{t("heavy.chip")}</span>}
          {active && <Presence one={conversation} known={state.welcomed} />}
        </p>
      </div>
      <div class="conversation-actions">
        <button type="button" class="button details-toggle" aria-expanded={details} onClick={onDetails}>
          <Info /><span class="details-word">{t("details.title")}</span>
        </button>
        {active && conversation.role === "owner" && <Menu conversation={conversation} onOpen={onOpen} />}
        {active && conversation.role === "owner" && (
          <button type="button" class="button button-end" onClick={() => onOpen("end")}>{t("end.button")}</button>
        )}
        {active && conversation.role === "consultant" && (
          <button type="button" class="button" onClick={() => void actions.close(conversation.id)}>{t("consult.leave")}</button>
        )}
      </div>
    </header>
  );
}

/** What else can be done with a conversation; a plain list of buttons that opens and closes. */
function Menu({ conversation, onOpen }: { conversation: Conversation; onOpen: (open: Open) => void }) {
  const { i18n, actions } = useConsole();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!shown) return;
    const hide = (event: Event): void => {
      const inside = event.target instanceof Element && event.target.closest(".menu") !== null;
      if (!inside || (event instanceof KeyboardEvent && event.key === "Escape")) setShown(false);
    };
    document.addEventListener("pointerdown", hide);
    document.addEventListener("keydown", hide);
    document.addEventListener("focusin", hide);
    return () => {
      document.removeEventListener("pointerdown", hide);
      document.removeEventListener("keydown", hide);
      document.removeEventListener("focusin", hide);
    };
  }, [shown]);
  const choose = (open: Open) => (): void => {
    setShown(false);
    onOpen(open);
  };
  return (
    <div class="menu">
      <button type="button" class="button-icon" aria-expanded={shown} aria-label={i18n.t("more.label")}
        title={i18n.t("more.label")} onClick={() => setShown(!shown)}><More /></button>
      {shown && (
        <ul class="menu-list">
          <li><button type="button" onClick={choose("transfer")}>{i18n.t("transfer.button")}</button></li>
          <li><button type="button" onClick={choose("consult")}>{i18n.t("consult.button")}</button></li>
          <li><button type="button" onClick={choose("return")}>{i18n.t("return.button")}</button></li>
          <li>
            <button type="button" aria-pressed={conversation.heavy} onClick={() => {
              setShown(false);
              void actions.markHeavy(conversation.id, !conversation.heavy);
            }}>
              {i18n.t("heavy.mark")}<span class="menu-effect">{i18n.t("heavy.effect")}</span>
            </button>
          </li>
        </ul>
      )}
    </div>
  );
}

/** A conversation that nothing more can be written in. */
function Over({ conversation }: { conversation: Conversation }) {
  const { i18n, actions, desk } = useConsole();
  const { drafts } = desk;
  const draft = drafts.get(conversation.id, "talk") || drafts.get(conversation.id, "staff") || drafts.get(conversation.id, "handover");
  const gone = conversation.state === "gone";
  return (
    <div class="over">
      <p role="status">{gone ? i18n.t("conversation.gone") : worded(i18n, "closed", conversation.reason ?? "other")}</p>
      {!gone && conversation.reason === "erased" && <p>{i18n.t("closed.erased_all")}</p>}
      {draft.trim() !== "" && (
        <label class="field">
          <span>{i18n.t("conversation.your_draft")}</span>
          <textarea rows={3} readOnly value={draft} />
        </label>
      )}
      <button type="button" class="button button-main" onClick={() => actions.dismiss(conversation.id)}>{i18n.t("conversation.dismiss")}</button>
    </div>
  );
}
