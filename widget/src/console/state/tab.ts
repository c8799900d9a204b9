/** What this tab remembers over a reload: which conversation was open. An id and no word of it; it goes with the tab. */

const KEY = "chatsvc.console.open";

export interface Tab {
  /** The id of the conversation that was open, or null. */
  opened(): string | null;
  remember(id: string | null): void;
}

export const browserTab: Tab = {
  opened() {
    try {
      return sessionStorage.getItem(KEY);
    } catch {
      return null; // storage is forbidden: nothing is remembered
    }
  },
  remember(id) {
    try {
      if (id === null) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, id);
    } catch {
      // As above.
    }
  },
};
