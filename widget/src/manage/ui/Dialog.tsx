import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Close } from "../../console/ui/icons";
import { useManage } from "../context";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly wide?: boolean;
}

/** A modal dialog: the browser keeps focus inside and gives it back; Escape closes. */
export function Dialog({ title, onClose, children, wide = false }: DialogProps) {
  const { i18n, shown } = useManage();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const opener = document.activeElement;
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  useEffect(() => {
    // A modal dialog makes all else inert, the login too.
    if (shown) dialog.current?.showModal();
    else dialog.current?.close();
  }, [shown]);
  return (
    <dialog ref={dialog} class={wide ? "dialog dialog-wide" : "dialog"} aria-labelledby={heading}
      onCancel={(event) => { event.preventDefault(); onClose(); }}>
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={heading}>{title}</h2>
          <button type="button" class="button-icon" onClick={onClose} aria-label={i18n.t("dialog.close")}><Close /></button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
