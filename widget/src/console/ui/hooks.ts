import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { callFor, Chime, showNotification, titleCount } from "../attention";
import { commandFor, pressOf, type Command } from "../shortcuts";
import { hasUnsent } from "../state/conversations";
import type { Desk } from "../state/desk";
import { isReplaced } from "../state/model";
import { useConsole } from "./context";

/** Listens for shortcuts on the whole page; none act while a dialog is open. */
export function useShortcuts(onHelp: () => void): void {
  const { desk, actions, settings } = useConsole();
  const help = useRef(onHelp);
  help.current = onHelp;
  useEffect(() => {
    const run = (command: Command): boolean => {
      if (command.do === "slot") return actions.openSlot(command.slot);
      if (command.do === "step") return actions.step(command.by);
      if (command.do === "help") help.current();
      else if (command.do === "take") void actions.takeNext();
      else if (command.do === "reply") document.getElementById("reply")?.focus();
      else {
        const offer = desk.state.offers.find((one) => !one.answered);
        if (offer) void actions.answerOffer(offer.conversation, command.do === "accept");
      }
      return true;
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isReplaced(desk.state) || document.querySelector("dialog[open]")) return;
      const command = commandFor(pressOf(event), settings.oneKey);
      if (command && run(command)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [desk, actions, settings.oneKey]);
}

/** Whether something on the desk is written but not sent. */
export function useUnsent(desk: Desk): boolean {
  const [unsent, setUnsent] = useState(false);
  useEffect(() => desk.subscribe((state) => setUnsent(hasUnsent(state.conversations))), [desk]);
  return unsent;
}

/** Asks before the page is left while something is written that nobody has: it is kept in memory only. */
export function useLeaveGuard(unsaved: boolean): void {
  useLayoutEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [unsaved]);
}

/** Sound, title and notifications for what happens while one may be looking elsewhere. */
export function useAttention(): void {
  const { desk, i18n, settings } = useConsole();
  const chime = useRef<Chime | null>(null);
  chime.current ??= new Chime();
  useEffect(() => {
    const unlock = (): void => chime.current?.unlock();
    document.addEventListener("pointerdown", unlock);
    document.addEventListener("keydown", unlock);
    return () => {
      document.removeEventListener("pointerdown", unlock);
      document.removeEventListener("keydown", unlock);
    };
  }, []);
  useEffect(() => {
    const entitle = (): void => {
      const count = titleCount(desk.state);
      document.title = count > 0 ? `(${count}) ${i18n.t("app.title")}` : i18n.t("app.title");
    };
    entitle();
    return desk.subscribe((state, before) => {
      entitle();
      const call = callFor(before, state, document.visibilityState === "visible" && document.hasFocus());
      if (call === null) return;
      if (settings.sound) chime.current?.play(call);
      if (settings.notifications && document.hidden) showNotification(i18n.t("app.title"), i18n.t(`call.${call}`), () => undefined);
    });
  }, [desk, i18n, settings.sound, settings.notifications]);
}
