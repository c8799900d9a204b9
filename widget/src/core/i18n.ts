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

/** The text of the first wanted language that `texts` has, else any. */
export function pick(texts: Messages | null | undefined, lang: string): string {
  if (!texts) return "";
  return texts[lang] ?? texts["fi"] ?? texts["en"] ?? Object.values(texts)[0] ?? "";
}

/** Texts, dates and counts of one language. */
export class I18n {
  readonly locale: string;
  readonly #time: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;

  constructor(
    readonly lang: string,
    private readonly messages: Messages,
    timeZone?: string,
  ) {
    this.locale = intlLocale(lang);
    const zone = timeZone ? { timeZone } : {};
    this.#time = new Intl.DateTimeFormat(this.locale, { hour: "2-digit", minute: "2-digit", ...zone });
    // Finnish inflects the weekday for use in a sentence only beside a month in digits.
    const month = lang === "en" ? "long" : "numeric";
    this.#day = new Intl.DateTimeFormat(this.locale, { weekday: "long", day: "numeric", month, ...zone });
    this.#date = new Intl.DateTimeFormat(this.locale, { dateStyle: "long", ...zone });
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

  /** A moment as part of a sentence ("at 10:00", "on Sunday 22 November at 10:00"), by the texts moment.today and moment.day. */
  moment(at: number, now: number): string {
    const day = this.#day.format(at);
    const key = day === this.#day.format(now) ? "moment.today" : "moment.day";
    return this.t(key, { day, time: this.time(at) });
  }
}
