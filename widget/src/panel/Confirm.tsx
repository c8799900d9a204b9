import { useEffect, useRef } from "preact/hooks";
import { useUi } from "./ui";

interface ConfirmProps {
  kind: "end" | "leave" | "erase";
  onYes: () => void;
  /** Does it and erases everything as well; offered only where given. */
  onErase?: () => void;
  onNo: () => void;
}

/** Asks before something that can't be undone; the harmless answer has the focus. */
export function Confirm({ kind, onYes, onNo, onErase }: ConfirmProps) {
  const { t } = useUi().i18n;
  const dialog = useRef<HTMLDialogElement>(null);
  const harmless = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const back = document.activeElement;
    dialog.current?.showModal();
    harmless.current?.focus();
    return () => {
      if (back instanceof HTMLElement && back.isConnected) back.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="ask-title"
      aria-describedby="ask-text"
      onCancel={(event) => {
        event.preventDefault();
        onNo();
      }}
    >
      <h2 id="ask-title">{t(`${kind}.title`)}</h2>
      <p id="ask-text">{t(`${kind}.text`)}</p>
      <div class="answers">
        <button type="button" class="button quiet" ref={harmless} onClick={onNo}>{t(`${kind}.no`)}</button>
        <button type="button" class="button danger" onClick={onYes}>{t(`${kind}.yes`)}</button>
        {onErase && <button type="button" class="button danger" onClick={onErase}>{t(`${kind}.erase`)}</button>}
      </div>
    </dialog>
  );
}
