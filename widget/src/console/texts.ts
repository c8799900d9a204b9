/** The texts of one language, fetched when they are first wanted. */

import { FINLAND, I18n, type Messages } from "../core/i18n";

/** Put in by the build: language → path of its texts. */
declare const __LANGS__: Readonly<Record<string, string>>;

const held = new Map<string, Promise<I18n>>();

/** Times are in `timeZone`, else in the browser's. Rejects when the texts can't be fetched; the next call tries again. */
export function textsOf(lang: string, timeZone?: string): Promise<I18n> {
  const known = held.get(lang);
  if (known) return known;
  const wanted = fetchTexts(lang, timeZone);
  wanted.catch(() => held.delete(lang));
  held.set(lang, wanted);
  return wanted;
}

async function fetchTexts(lang: string, timeZone?: string): Promise<I18n> {
  const response = await fetch(__LANGS__[lang] ?? "");
  if (!response.ok) throw new Error(`no texts for ${lang}`);
  return new I18n(lang, (await response.json()) as Messages, timeZone);
}

/** A clock time in Finland, which is named where the page's own clock shows another. */
export function finnishTime(i18n: I18n, at: number): string {
  const when = new Intl.DateTimeFormat(i18n.locale, { hour: "2-digit", minute: "2-digit", timeZone: FINLAND }).format(at);
  return when === i18n.time(at) ? when : i18n.t("moment.abroad", { when });
}
