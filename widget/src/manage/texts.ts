/** The texts of one language, with every date and time as clocks in Finland show it. */

import { I18n, type Messages } from "../core/i18n";
import { ZONE } from "./core/time";

/** Put in by the build: language → path of its texts. */
declare const __LANGS__: Readonly<Record<string, string>>;

const held = new Map<string, Promise<I18n>>();

/** Rejects when the texts can't be fetched; the next call tries again. */
export function textsOf(lang: string): Promise<I18n> {
  const known = held.get(lang);
  if (known) return known;
  const wanted = fetchTexts(lang);
  wanted.catch(() => held.delete(lang));
  held.set(lang, wanted);
  return wanted;
}

async function fetchTexts(lang: string): Promise<I18n> {
  const response = await fetch(__LANGS__[lang] ?? "");
  if (!response.ok) throw new Error(`no texts for ${lang}`);
  return new I18n(lang, (await response.json()) as Messages, ZONE);
}
