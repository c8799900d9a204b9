import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import type { Lang } from "../../console/settings";
import { LanguagePicker } from "../../console/ui/LanguagePicker";
import { Back, Mark, Out } from "../../console/ui/icons";
import { useNewOpenings } from "../audit/newOpenings";
import { ManageContext } from "../context";
import type { Api } from "../core/api";
import type { Me, OwnSite } from "../core/model";
import { isAbroad } from "../core/time";
import { unsaved } from "../hours/unsaved";
import { hashOf, useRoute } from "../route";
import { viewsFor, type View } from "../views";

interface FrameProps {
  readonly i18n: I18n;
  readonly api: Api;
  readonly me: Me;
  readonly now: () => number;
  /** False while the login stands in front. */
  readonly shown: boolean;
  readonly lang: Lang;
  readonly onLang: (lang: Lang) => void;
  /** Resolves to false when it could not be done. */
  readonly onLeave: () => Promise<boolean>;
}

/** How long a sentence about what was done stays in sight. */
const SAID_MS = 8_000;

function useSaid() {
  const [said, setSaid] = useState({ text: "", times: 0 });
  const timer = useRef(0);
  const say = useCallback((text: string): void => {
    clearTimeout(timer.current);
    setSaid(({ times }) => ({ text, times: times + 1 }));
    timer.current = window.setTimeout(() => setSaid(({ times }) => ({ text: "", times })), SAID_MS);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return [said, say] as const;
}

/** The page around the views: navigation, the site, the language, who is signed in. */
export function Frame(props: FrameProps) {
  const { i18n, api, me, now, shown } = props;
  const [site, setSite] = useState<OwnSite | undefined>(me.sites[0]);
  const [said, say] = useSaid();
  const { view: wanted } = useRoute();
  const views = site ? viewsFor(site) : [];
  const view = views.find((one) => one.name === wanted) ?? views[0];
  const [newOpenings, onOpeningsSeen] = useNewOpenings(api, site, shown);
  const main = useRef<HTMLElement>(null);
  useEffect(() => () => unsaved.clear(), []); // whoever signs in next begins with what is saved
  useEffect(() => {
    document.title = view ? `${i18n.t(`view.${view.name}`)} – ${i18n.t("app.title")}` : i18n.t("app.title");
  }, [i18n, view]);
  return (
    <div class="manage">
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>{i18n.t("frame.skip")}</a>
      <Top {...props} site={site} views={views} view={view} say={say} newOpenings={newOpenings}
        onSite={(id) => setSite(me.sites.find((one) => one.site === id))} />
      <main class="main" id="main" tabIndex={-1} ref={main}>
        {site && view ? (
          <ManageContext.Provider value={{ i18n, api, me, site, shown, now, say, onOpeningsSeen }}>
            <view.Component key={site.site} />
          </ManageContext.Provider>
        ) : <NotHere i18n={i18n} />}
      </main>
      {/* A new element each time: what is said twice is heard twice. */}
      <p class={said.text ? "said" : "vh"} role="status"><span key={said.times}>{said.text}</span></p>
    </div>
  );
}

function NotHere({ i18n }: { i18n: I18n }) {
  return (
    <div class="empty">
      <h1>{i18n.t("nothing.title")}</h1>
      <p>{i18n.t("nothing.text")}</p>
    </div>
  );
}

interface TopProps extends FrameProps {
  readonly site: OwnSite | undefined;
  readonly views: readonly View[];
  readonly view: View | undefined;
  readonly say: (text: string) => void;
  /** How many openings nobody has looked at, in digits; "" for none. */
  readonly newOpenings: string;
  readonly onSite: (site: string) => void;
}

function Top({ i18n, me, now, lang, onLang, onLeave, site, views, view, say, newOpenings, onSite }: TopProps) {
  const { t } = i18n;
  const leave = async (): Promise<void> => { if (!(await onLeave())) say(t("logout.failed")); };
  return (
    <header class="top">
      <div class="top-row">
        <div class="brand"><Mark /><span class="brand-name">{t("app.title")}</span></div>
        <SiteChoice i18n={i18n} me={me} site={site} onSite={onSite} />
        <LanguagePicker i18n={i18n} lang={lang} onLang={onLang} />
        <div class="self">
          <span class="self-name" title={me.alias}>{me.alias}</span>
          <button type="button" class="button-icon" aria-label={t("logout.label")} title={t("logout.label")}
            onClick={() => void leave()}><Out /></button>
        </div>
      </div>
      <nav class="views" aria-label={t("frame.views")}>
        <ul>
          {views.map((one) => (
            <li key={one.name}>
              <a href={hashOf(one.name)} aria-current={one === view ? "page" : undefined}>
                {t(`view.${one.name}`)}{one.name === "openings" && newOpenings && <span class="new-count"> {t("openings.count", { n: newOpenings })}</span>}
              </a>
            </li>
          ))}
        </ul>
        {isAbroad(now()) && <p class="zone">{t("frame.zone")}</p>}
        {(me.role === "counsellor" || me.role === "supervisor") && <a class="to-console" href="/console/"><Back />{t("frame.console")}</a>}
      </nav>
    </header>
  );
}

function SiteChoice({ i18n, me, site, onSite }: { i18n: I18n; me: Me; site: OwnSite | undefined; onSite: (site: string) => void }) {
  if (me.sites.length < 2) return <span class="site-name">{i18n.pick(site?.names)}</span>;
  return (
    <label class="site-choice">
      <span class="vh">{i18n.t("frame.site")}</span>
      <select class="select-small" value={site?.site} onChange={(event) => onSite(event.currentTarget.value)}>
        {me.sites.map((one) => <option key={one.site} value={one.site}>{i18n.pick(one.names)}</option>)}
      </select>
    </label>
  );
}
