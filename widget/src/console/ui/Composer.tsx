import type { RefObject } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Conversation, DeskState, LogName } from "../state/model";
import { isWritingIn } from "../shortcuts";
import { useConsole } from "./context";
import { Lock, Send } from "./icons";

interface ComposerProps {
  readonly conversation: Conversation;
  readonly state: DeskState;
}

const LOGS: readonly LogName[] = ["talk", "staff"];

/** Where one writes to the visitor, or a note that only staff sees; each keeps a draft of its own. */
export function Composer({ conversation, state }: ComposerProps) {
  const { i18n, desk } = useConsole();
  const [log, setLog] = useState<LogName>(conversation.state === "active" ? "talk" : "staff");
  const { t } = i18n;
  return (
    <div class={log === "staff" ? "composer composer-note" : "composer"}>
      <div class="composer-modes" role="group" aria-label={t("composer.mode")}>
        {LOGS.map((one) => (
          <button key={one} type="button" class="mode" aria-pressed={log === one} onClick={() => setLog(one)}>
            {one === "staff" && <Lock />}{t(`composer.${one}`)}
            {one !== log && desk.drafts.get(conversation.id, one).trim() !== "" && <span class="mode-draft">{t("draft.short")}</span>}
          </button>
        ))}
      </div>
      <Writing key={log} log={log} conversation={conversation} state={state} />
    </div>
  );
}

/** Moves focus here only when the person opened this conversation and is not writing elsewhere. */
function useComposerFocus(state: DeskState) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (state.selectedBy === "person" && !isWritingIn(document.activeElement)) field.current?.focus();
  }, []);
  return field;
}

/** Makes a field as high as its text, between two lines and eight. */
function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const box = field.current;
    if (!box) return;
    // Measured from one line up: a field that only grows would never shrink again.
    box.rows = 1;
    const style = getComputedStyle(box);
    const line = parseFloat(style.lineHeight);
    const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
    box.rows = Math.min(8, Math.max(2, Math.round((box.scrollHeight - padding) / line)));
  }, [text]);
}

function Writing({ log, conversation, state }: ComposerProps & { log: LogName }) {
  const { i18n, desk, actions } = useConsole();
  const field = useComposerFocus(state);
  const hint = useId();
  const [, redraw] = useState(0);
  const text = desk.drafts.get(conversation.id, log);
  const left = state.textLimit - [...text].length;
  useGrowing(field, text);
  const change = (value: string): void => {
    actions.setDraft(conversation.id, log, value);
    redraw((count) => count + 1);
  };
  const send = (): void => {
    if (left < 0 || text.trim() === "") return;
    actions.write(conversation.id, log, text);
    redraw((count) => count + 1);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form class="writing" onSubmit={(event) => { event.preventDefault(); send(); }}>
      <textarea ref={field} id={log === "talk" ? "reply" : undefined} rows={2} value={text} dir="auto"
        aria-label={i18n.t(`composer.${log}_label`)} aria-describedby={hint}
        placeholder={i18n.t(`composer.${log}_label`)} onInput={(event) => change(event.currentTarget.value)} onKeyDown={onKeyDown} />
      <button type="submit" class="button button-main send" aria-disabled={text.trim() === "" || left < 0}>
        {log === "staff" ? <Lock /> : <Send />}<span class="send-word">{i18n.t(`composer.${log}_send`)}</span>
      </button>
      <p class={left < 0 ? "composer-hint composer-over" : "composer-hint"} id={hint}>
        {left < 400 ? i18n.t(left < 0 ? "composer.over" : "composer.left", { n: Math.abs(left) }) : i18n.t(`composer.${log}_hint`)}
      </p>
    </form>
  );
}
