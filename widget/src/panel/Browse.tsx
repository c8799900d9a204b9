import { estimateText } from "./estimate";
import { Heading } from "./Heading";
import { Help, Privacy } from "./Help";
import { Icon } from "./icons";
import { useLater } from "./later";
import { useNow, useUi } from "./ui";
import type { Standing, View } from "./view";

/** Languages in their own names. */
export const NAMES: Readonly<Record<string, string>> = {
  fi: "Suomi", sv: "Svenska", en: "English", se: "Davvisámegiella", smn: "Anarâškielâ", sms: "Nuõrttsääʹmǩiõll",
};

/** The languages in which the site serves, in its order; the page's own words are Finnish where there are none of them. */
function Languages({ site }: { site: readonly string[] | undefined }) {
  const { i18n, languages: known, setLanguage } = useUi();
  const languages = site?.length ? site : known;
  return (
    <nav class="languages" aria-label={i18n.t("header.languages")}>
      {languages.map((lang) => (
        <button type="button" key={lang} lang={lang} aria-pressed={lang === i18n.lang} onClick={() => setLanguage(lang)}>
          {NAMES[lang] ?? lang}
        </button>
      ))}
    </nav>
  );
}

/** Closing is worth a line when it comes within half a day, in milliseconds. */
const SOON_MS = 12 * 3_600_000;

function useStateLines({ state, waiting, estimate_s, closes_at, opens_at }: Standing): readonly string[] {
  const { i18n } = useUi();
  const now = useNow(30_000);
  const { t } = i18n;
  const closes = closes_at ?? 0;
  const until = closes > now && closes - now < SOON_MS ? t("closes", { when: i18n.moment(closes, now) }) : "";
  if (state === "open") {
    // Nobody waits, and yet it takes a while: all who answer have as many conversations as they can.
    const wait = (waiting || estimate_s?.[0]) && estimateText(i18n, estimate_s);
    return [t("open.title"), waiting ? i18n.n("open.waiting", waiting) : wait ? "" : t("open.free"), wait || "", until];
  }
  const title = t(`unavailable.${state}`);
  const opens = opens_at ? t("opens", { when: i18n.moment(opens_at, now) }) : "";
  if (state === "closed") return [title, opens || t("closed.text")];
  return [title, t(`${state}.text`), state === "closing" ? until : "", opens];
}

function StateCard({ status }: { status: Standing }) {
  const [title, ...lines] = useStateLines(status);
  return (
    <section class={`state ${status.state}`} role="status">
      <Heading><span class="dot" />{title}</Heading>
      {lines.filter(Boolean).map((line) => <p key={line}>{line}</p>)}
    </section>
  );
}

function Trouble({ code }: { code: string }) {
  const { i18n, session } = useUi();
  const key = `trouble.${code}`;
  return (
    <section class="trouble" role="alert">
      <p><Icon name="alert" /> {i18n.t(i18n.has(key) ? key : "trouble.other")}</p>
      {code !== "unknown_queue" && (
        <button type="button" class="button quiet" onClick={() => session.browse()}>{i18n.t("trouble.again")}</button>
      )}
    </section>
  );
}

/** Whether somebody is at hand, but nobody who speaks the language in which this visitor is served first. */
function isForeign({ languages = [], spoken = [] }: Standing, lang: string): boolean {
  return !!spoken[0] && !spoken.includes(languages.includes(lang) ? lang : (languages[0] ?? lang));
}

/** One queue before joining: whether it is open, who answers, privacy, and where else there is help. */
function OneQueue({ status, several, foreign }: { status: Standing; several: boolean; foreign: boolean }) {
  const { i18n, session } = useUi();
  const later = useLater(foreign);
  const { t } = i18n;
  const languages = (status.languages ?? []).map((lang) => NAMES[lang] ?? lang).join(", ");
  return (
    <>
      {several && (
        <button type="button" class="link back" onClick={() => session.choose(null)}>
          <Icon name="back" /> {t("choose.back")}
        </button>
      )}
      {foreign && later ? <later.StartForeign status={status} /> : <StateCard key={status.queue} status={status} />}
      {status.state === "open" && (
        <>
          <p class="who"><Icon name="person" /><span>{t("who")}{languages && <span class="soft block">{t("languages", { list: languages })}</span>}</span></p>
          <Privacy notice={status.notice} url={status.notice_url} />
        </>
      )}
      <Help emergency={status.emergency} alternatives={status.state === "open" ? [] : status.alternatives} />
    </>
  );
}

function Choice({ statuses }: { statuses: readonly Standing[] }) {
  const { i18n, session } = useUi();
  const { t } = i18n;
  return (
    <>
      <Heading>{t("choose.title")}</Heading>
      <p class="soft">{t("choose.lead")}</p>
      <ul class="choices">
        {statuses.map((status) => (
          <li key={status.queue}>
            <button type="button" onClick={() => session.choose(status.queue)}>
              <span class="grow">
                <strong {...i18n.marked(status.names, status.queue)} />
                <span class={`state-word ${status.state}`}><span class="dot" />{t(`state.${status.state}`)}</span>
              </span>
              <Icon name="next" />
            </button>
          </li>
        ))}
      </ul>
      <Help emergency={statuses[0]?.emergency} />
    </>
  );
}

/** Before joining: choose a queue, read how things stand, start. */
export function Browse({ view }: { view: View }) {
  const { i18n, session } = useUi();
  const only = view.statuses.length === 1 ? view.statuses[0] : undefined;
  const status = view.statuses.find((one) => one.queue === view.queue) ?? only;
  const open = status?.state === "open";
  const foreign = open && isForeign(status, session.lang);
  return (
    <>
      <div class="content">
        {view.trouble && <Trouble code={view.trouble} />}
        {status && <OneQueue status={status} several={view.statuses.length > 1} foreign={foreign} />}
        {!status && view.statuses.length > 1 && <Choice statuses={view.statuses} />}
        <Languages site={view.statuses[0]?.languages} />
      </div>
      {open && !foreign && (
        <div class="foot">
          <button
            type="button"
            class="button primary wide"
            onClick={() => {
              session.choose(status.queue);
              session.join();
            }}
          >
            {i18n.t("start")}
          </button>
        </div>
      )}
    </>
  );
}
