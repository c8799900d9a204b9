import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";
import { useUi } from "./ui";
import type { Talk } from "./view";

const COUNT_FROM = 400;
const TYPING_ENDS_MS = 4_000;

/** Code points after NFC: how the server counts. */
const lengthOf = (text: string) => [...text.normalize("NFC")].length;

interface ComposerProps {
  talk: Talk;
  draft: string;
  setDraft: (text: string) => void;
}

/** Says that the person writes, and that they have stopped when nothing is typed for a while. */
function useTyping(): (writing: boolean) => void {
  const { session } = useUi();
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (writing) => {
    clearTimeout(timer.current);
    session.typing(writing);
    if (writing) timer.current = window.setTimeout(() => session.typing(false), TYPING_ENDS_MS);
  };
}

/** A text area that is as high as its text. */
function useGrowing(text: string) {
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const { current } = area;
    if (!current) return;
    current.style.height = "auto";
    current.style.height = `${current.scrollHeight + 2}px`;
  }, [text]);
  return area;
}

export function Composer({ talk, draft, setDraft }: ComposerProps) {
  const { i18n, session, visible } = useUi();
  const { t } = i18n;
  const area = useGrowing(draft);
  const typing = useTyping();
  const left = talk.limits.text - lengthOf(draft);
  const sendable = left >= 0 && draft.trim() !== "";

  useEffect(() => {
    if (visible) area.current?.focus({ preventScroll: true });
  }, []);

  const send = () => {
    if (!sendable) return;
    typing(false);
    session.say(draft.normalize("NFC").trim());
    setDraft("");
    area.current?.focus();
  };
  return (
    <form class="foot composer" onSubmit={(event) => {
      event.preventDefault();
      send();
    }}>
      <label class="unseen" for="say">{t("composer.label")}</label>
      <textarea
        id="say"
        ref={area}
        rows={1}
        value={draft}
        placeholder={t("composer.label")}
        aria-describedby={left < COUNT_FROM ? "hint left" : "hint"}
        aria-invalid={left < 0}
        autocomplete="off"
        enterkeyhint="send"
        onInput={(event) => {
          setDraft(event.currentTarget.value);
          typing(event.currentTarget.value !== "");
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <button type="submit" class="button primary send" aria-disabled={!sendable}>
        <Icon name="send" />
        <span>{t("composer.send")}</span>
      </button>
      <span id="hint" class="unseen">{t("composer.hint")}</span>
      {left < COUNT_FROM && (
        <span id="left" class={left < 0 ? "left over" : "left"} role="status">
          {left < 0 ? t("composer.over", { n: -left }) : t("composer.left", { n: left })}
        </span>
      )}
    </form>
  );
}
