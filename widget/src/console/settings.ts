/** What a person has set for this browser. No personal data: nothing here says who they are. */

export const LANGS = ["fi", "sv", "en"] as const;
export type Lang = (typeof LANGS)[number];

export interface Settings {
  readonly lang: Lang;
  readonly sound: boolean;
  readonly notifications: boolean;
  readonly oneKey: boolean;
}

const KEY = "chatsvc.console";

const isLang = (value: unknown): value is Lang => LANGS.some((lang) => lang === value);

/** The first language of the browser that we have, else Finnish. */
export function preferredLang(wanted: readonly string[]): Lang {
  for (const tag of wanted) {
    const lang = tag.toLowerCase().split("-")[0];
    if (isLang(lang)) return lang;
  }
  return "fi";
}

/** Reads what was stored; anything strange in it counts as not set. */
export function parseSettings(stored: string | null, wanted: readonly string[]): Settings {
  let held: Record<string, unknown> = {};
  try {
    const value: unknown = JSON.parse(stored ?? "{}");
    if (typeof value === "object" && value !== null) held = { ...value };
  } catch {
    held = {};
  }
  return {
    lang: isLang(held["lang"]) ? held["lang"] : preferredLang(wanted),
    sound: held["sound"] !== false,
    notifications: held["notifications"] === true,
    oneKey: held["oneKey"] !== false,
  };
}

export function loadSettings(): Settings {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(KEY);
  } catch {
    // Storage may be forbidden; the console works without it.
  }
  return parseSettings(stored, navigator.languages);
}

export function saveSettings(settings: Settings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // As above: it is then set for this visit only.
  }
}
