export type Messages = Readonly<Record<string, string>>;
export type Params = Readonly<Record<string, string | number>>;

const SAMI: ReadonlySet<string> = new Set(["se", "smn", "sms"]);
const REGION: Readonly<Record<string, string>> = { fi: "fi-FI", sv: "sv-FI", en: "en-GB" };

/** The locale for Intl: Chromium has no Sámi dates and would silently use English ones. */
export function intlLocale(lang: string): string {
  return SAMI.has(lang) ? "fi-FI" : (REGION[lang] ?? lang);
}

/** The plural form of a count: Sámi languages have a dual. */
export function pluralForm(lang: string, count: number): "one" | "two" | "other" {
  if (count === 1) return "one";
  return count === 2 && SAMI.has(lang) ? "two" : "other";
}

/** Opening hours and shifts are by this clock, wherever one reads them. */
export const FINLAND = "Europe/Helsinki";

/** The wanted language if there is a text in it, else one in which there is; undefined where there is none. */
const languageOf = (texts: Messages | null | undefined, lang: string): string | undefined =>
  [lang, "fi", "en", ...Object.keys(texts ?? {})].find((one) => texts?.[one]);

/** The text of the first wanted language that `texts` has, else any. */
export const pick = (texts: Messages | null | undefined, lang: string): string => texts?.[languageOf(texts, lang) ?? ""] ?? "";

/** Texts, dates and counts of one language. */
export class I18n {
  readonly locale: string;
  readonly #time: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #finnishTime: Intl.DateTimeFormat;
  readonly #finnishDay: Intl.DateTimeFormat;

  /** `time`, `day` and `date` are by the clock of `timeZone`, or of the device. */
  constructor(
    readonly lang: string,
    private readonly messages: Messages,
    timeZone?: string,
  ) {
    this.locale = intlLocale(lang);
    const format = (options: Intl.DateTimeFormatOptions, zone = timeZone) =>
      new Intl.DateTimeFormat(this.locale, zone ? { ...options, timeZone: zone } : options);
    const time = { hour: "2-digit", minute: "2-digit" } as const;
    // Finnish inflects the weekday for use in a sentence only beside a month in digits.
    const day = { weekday: "long", day: "numeric", month: lang === "en" ? "long" : "numeric" } as const;
    this.#time = format(time);
    this.#day = format(day);
    this.#date = format({ dateStyle: "long" });
    this.#finnishTime = format(time, FINLAND);
    this.#finnishDay = format(day, FINLAND);
  }

  /** The text of `key`, with `{name}` filled in; the key itself when there is no such text. */
  t = (key: string, params: Params = {}): string => {
    const text = this.messages[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
  };

  /** The form of `key` that goes with `count`, which is also the parameter `n`. */
  n = (key: string, count: number, params: Params = {}): string => {
    const form = `${key}.${pluralForm(this.lang, count)}`;
    return this.t(form in this.messages ? form : `${key}.other`, { n: count, ...params });
  };

  /** Whether there is a text for `key`. */
  has(key: string): boolean {
    return key in this.messages;
  }

  pick = (texts: Messages | null | undefined): string => pick(texts, this.lang);

  /** The same for an element, which says in which language it is; of what is not there, `otherwise`. */
  marked = (texts: Messages | null | undefined, otherwise = ""): { readonly lang?: string; readonly children: string } => {
    const lang = languageOf(texts, this.lang);
    return lang ? { lang, children: pick(texts, lang) } : { children: otherwise };
  };

  /** A clock time. */
  time(at: number): string {
    return this.#time.format(at);
  }

  /** A weekday and date, inflected for use in a sentence. */
  day(at: number): string {
    return this.#day.format(at);
  }

  /** A date on its own. */
  date(at: number): string {
    return this.#date.format(at);
  }

  /** A moment in Finland as part of a sentence ("at 10:00", "on Sunday 22 November at 10:00"), by the texts moment.today, moment.day and, where `time` is another, moment.abroad. */
  moment(at: number, now: number): string {
    const day = this.#finnishDay.format(at);
    const key = day === this.#finnishDay.format(now) ? "moment.today" : "moment.day";
    const time = this.#finnishTime.format(at);
    const when = this.t(key, { day, time });
    return this.time(at) === time ? when : this.t("moment.abroad", { when });
  }
}
