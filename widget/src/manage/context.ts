import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { I18n } from "../core/i18n";
import type { Api } from "./core/api";
import type { Me, OwnSite } from "./core/model";

/** What every view of the page has: who looks, at which site, in which language, and how to ask the server. */
export interface Manage {
  readonly i18n: I18n;
  readonly api: Api;
  readonly me: Me;
  readonly site: OwnSite;
  /** False while somebody has to sign in again: dialogs make room for the login and come back after it. */
  readonly shown: boolean;
  /** The server's time, ms. */
  readonly now: () => number;
  /** Tells everybody, screen readers too, what was done. */
  readonly say: (text: string) => void;
  /** Whoever answers for the site has looked at what was opened. */
  readonly onOpeningsSeen: () => void;
}

export const ManageContext = createContext<Manage | null>(null);

export function useManage(): Manage {
  const value = useContext(ManageContext);
  if (!value) throw new Error("outside of the page");
  return value;
}

/** Whether this person may do something at the site. */
export const may = (site: OwnSite, action: string): boolean => site.may.includes(action);
