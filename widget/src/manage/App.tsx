import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { logout, whoAmI, type SignedIn } from "../console/state/api";
import { Login } from "../console/ui/Login";
import { ASK_AGAIN_MS, useSettings, useTexts } from "../console/ui/page";
import { Api } from "./core/api";
import type { Me } from "./core/model";
import { ZONE } from "./core/time";
import { Frame } from "./ui/Frame";

type Phase = "loading" | "away" | "out" | "ended" | "in";

/** Who is signed in; a session that ends under somebody's hands keeps the page as it is behind the login. */
function useSession() {
  const [phase, setPhase] = useState<Phase>("loading");
  const [me, setMe] = useState<Me | null>(null);
  const skew = useRef(0);
  const provider = useRef<string | null>(null);
  const api = useMemo(() => new Api(() => setPhase((now) => (now === "in" ? "ended" : now))), []);
  const enter = (found: SignedIn): void => {
    skew.current = found.skew;
    provider.current = found.person.provider ?? null;
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
  return { phase, me, api, enter, leave, left: provider.current, now: () => Date.now() + skew.current };
}

/** `came` is the word with which somebody was sent back from an identity provider. */
export function App({ came }: { readonly came: string }) {
  const [settings, setSettings] = useSettings();
  const i18n = useTexts(settings.lang, ZONE);
  const { phase, me, api, enter, leave, left, now } = useSession();
  if (!i18n) return null;
  if (phase === "loading") return <p class="loading" role="status">{i18n.t("app.loading")}</p>;
  if (phase === "away") return <p class="loading" role="status">{i18n.t("app.away")}</p>;
  return (
    <>
      {phase !== "in" && (
        <Login i18n={i18n} settings={settings} ended={phase === "ended"} came={phase === "ended" ? "" : came} left={left}
          onSignedIn={enter} onLang={(lang) => setSettings({ lang })} />
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
