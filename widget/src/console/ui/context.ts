import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import type { Settings } from "../settings";
import type { Actions } from "../state/actions";
import type { Desk } from "../state/desk";
import type { DeskState } from "../state/model";

export interface Console {
  readonly desk: Desk;
  readonly actions: Actions;
  readonly i18n: I18n;
  readonly settings: Settings;
  readonly setSettings: (change: Partial<Settings>) => void;
}

export const ConsoleContext = createContext<Console | null>(null);

export function useConsole(): Console {
  const value = useContext(ConsoleContext);
  if (!value) throw new Error("outside of the console");
  return value;
}

/** The desk's state, now and after every change. */
export function useDesk(desk: Desk): DeskState {
  const [state, setState] = useState(desk.state);
  useEffect(() => {
    setState(desk.state);
    return desk.subscribe(setState);
  }, [desk]);
  return state;
}
