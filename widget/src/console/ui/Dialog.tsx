import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { DeskState } from "../state/model";
import { useConsole, useDesk } from "./context";
import { Close } from "./icons";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly wide?: boolean;
}

/** A modal dialog: the browser keeps focus inside and gives it back; Escape closes. */
export function Dialog({ title, onClose, children, wide = false }: DialogProps) {
  const { i18n } = useConsole();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class={wide ? "dialog dialog-wide" : "dialog"} aria-labelledby={heading}
      onCancel={(event) => { event.preventDefault(); onClose(); }}
      onClick={(event) => { if (event.target === dialog.current) onClose(); }}>
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={heading}>{title}</h2>
          <button type="button" class="button-icon" onClick={onClose} aria-label={i18n.t("dialog.close")}><Close /></button>
        </div>
        {children}
        <Refusals />
      </div>
    </dialog>
  );
}

/** What could not be done from here: the page's own notices are out of reach behind a dialog. */
function Refusals() {
  const { i18n, desk, actions } = useConsole();
  const { notices } = useDesk(desk);
  const [opened] = useState(() => desk.now());
  const since = (all: DeskState["notices"]) => all.filter((notice) => notice.tone === "warn" && notice.at >= opened);
  const here = since(notices);
  useEffect(() => () => { // read here, they are not told again outside
    for (const notice of since(desk.state.notices)) actions.dismissNotice(notice.id);
  }, []);
  return (
    <div role="alert">
      {here.map((notice) => <p key={notice.id} class="callout callout-care">{i18n.t(notice.key, notice.params)}</p>)}
    </div>
  );
}
