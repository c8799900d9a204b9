/** What every page of the staff needs before anybody has signed in. */

import { useEffect, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import { loadSettings, saveSettings, type Settings } from "../settings";
import { textsOf } from "../texts";

/** Asks again this long after the server could not be reached. */
export const ASK_AGAIN_MS = 3_000;

/** What this browser remembers of its person's choices, and the way to change it. */
export function useSettings() {
  const [settings, setSettings] = useState(loadSettings);
  const change = (part: Partial<Settings>): void => setSettings((held) => {
    const next = { ...held, ...part };
    saveSettings(next);
    return next;
  });
  return [settings, change] as const;
}

/** The texts of the chosen language; those of the one before until the new ones are there. Times are in `timeZone`. */
export function useTexts(lang: string, timeZone?: string): I18n | null {
  const [i18n, setI18n] = useState<I18n | null>(null);
  useEffect(() => {
    let wanted = true;
    const show = (texts: I18n): void => {
      if (!wanted) return;
      document.documentElement.lang = lang;
      document.title = texts.t("app.title");
      setI18n(texts);
    };
    const fetchThem = (): void => {
      textsOf(lang, timeZone).then(show, () => { if (wanted) setTimeout(fetchThem, ASK_AGAIN_MS); });
    };
    fetchThem();
    return () => { wanted = false; };
  }, [lang, timeZone]);
  return i18n;
}
