import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { I18n } from "../core/i18n";
import type { Launcher } from "./embed";
import type { LinkView } from "./link";
import type { Session } from "./session";
import type { View } from "./view";

/** What every part of the page may use. */
export interface Ui {
  readonly i18n: I18n;
  readonly session: Session;
  readonly launcher: Launcher | null;
  /** The person can see the chat right now. */
  readonly visible: boolean;
  readonly connection: LinkView;
  readonly languages: readonly string[];
  setLanguage(lang: string): void;
  /** Leaves at once, without a trace on the screen. */
  quickExit(): void;
  /** Says something to people who listen instead of look. */
  announce(text: string): void;
}

export const UiContext = createContext<Ui | null>(null);

export function useUi(): Ui {
  const ui = useContext(UiContext);
  if (!ui) throw new Error("used outside of the page");
  return ui;
}

export function useView(session: Session): View {
  const [view, setView] = useState(session.view);
  useEffect(() => {
    setView(session.view);
    return session.subscribe(() => setView(session.view));
  }, [session]);
  return view;
}

/** The present time, renewed every `ms`. */
export function useNow(ms: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}
