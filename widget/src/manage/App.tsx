import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { I18n } from "../core/i18n";
import { loadSettings, saveSettings, type Settings } from "../console/settings";
import { logout, whoAmI, type SignedIn } from "../console/state/api";
import { Login } from "../console/ui/Login";
import { Api } from "./core/api";
import type { Me } from "./core/model";
import { textsOf } from "./texts";
import { Frame } from "./ui/Frame";

type Phase = "loading" | "away" | "out" | "ended" | "in";

/** Asks again this long after the server could not be reached. */
const ASK_AGAIN_MS = 3_000;

function useSettings() {
  const [settings, setSettings] = useState(loadSettings);
  const change = (part: Partial<Settings>): void => setSettings((held) => {
    const next = { ...held, ...part };
    saveSettings(next);
    return next;
  });
  return [settings, change] as const;
}

/** The texts of the chosen language; those of the one before until the new ones are there. */
function useTexts(lang: string): I18n | null {
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
      textsOf(lang).then(show, () => { if (wanted) setTimeout(fetchThem, ASK_AGAIN_MS); });
    };
    fetchThem();
    return () => { wanted = false; };
  }, [lang]);
  return i18n;
}

/** Who is signed in; a session that ends under somebody's hands keeps the page as it is behind the login. */
function useSession() {
  const [phase, setPhase] = useState<Phase>("loading");
  const [me, setMe] = useState<Me | null>(null);
  const skew = useRef(0);
  const api = useMemo(() => new Api(() => setPhase((now) => (now === "in" ? "ended" : now))), []);
  const enter = (found: SignedIn): void => {
    skew.current = found.skew;
    setMe(found.person as unknown as Me);
    setPhase("in");
  };
  const ask = (): void => {
    whoAmI().then((found) => (found ? enter(found) : setPhase("out")), () => {
      setPhase("away");
      setTimeout(ask, ASK_AGAIN_MS);
    });
  };
  const leave = async (): Promise<boolean> => {
    const gone = await logout();
    if (gone) {
      setMe(null);
      setPhase("out");
    }
    return gone;
  };
  useEffect(ask, []);
  return { phase, me, api, enter, leave, now: () => Date.now() + skew.current };
}

export function App() {
  const [settings, setSettings] = useSettings();
  const i18n = useTexts(settings.lang);
  const { phase, me, api, enter, leave, now } = useSession();
  if (!i18n) return null;
  if (phase === "loading") return <p class="loading" role="status">{i18n.t("app.loading")}</p>;
  if (phase === "away") return <p class="loading" role="status">{i18n.t("app.away")}</p>;
  return (
    <>
      {phase !== "in" && (
        <Login i18n={i18n} settings={settings} ended={phase === "ended"} onSignedIn={enter} onLang={(lang) => setSettings({ lang })} />
      )}
      {me && (
        <div hidden={phase !== "in"}>
          <Frame key={me.id} i18n={i18n} api={api} me={me} now={now} shown={phase === "in"} lang={settings.lang}
            onLang={(lang) => setSettings({ lang })} onLeave={leave} />
        </div>
      )}
    </>
  );
}
