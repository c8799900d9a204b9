import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Actions } from "../state/actions";
import { logout, whoAmI, type SignedIn } from "../state/api";
import { Desk } from "../state/desk";
import { ConsoleContext } from "./context";
import { useLeaveGuard, useUnsent } from "./hooks";
import { DeskScreen } from "./Desk";
import { Login } from "./Login";
import { ASK_AGAIN_MS, useSettings, useTexts } from "./page";

type Phase = "loading" | "away" | "out" | "ended" | "in";

/** Who is signed in, and the desk that goes with them. */
function useSession() {
  const [phase, setPhase] = useState<Phase>("loading");
  const person = useRef<string | null>(null);
  const provider = useRef<string | null>(null);
  const desk = useMemo(() => new Desk({
    onSignedOut: () => setPhase("ended"),
    roomy: () => matchMedia("(width > 760px)").matches,
  }), []);
  const enter = ({ person: found, skew }: SignedIn): void => {
    // Somebody else at the same browser starts with an empty desk.
    if (person.current !== null && person.current !== found.id) desk.clear();
    person.current = found.id;
    provider.current = found.provider ?? null;
    desk.update((state) => ({ ...state, skew }));
    setPhase("in");
    desk.start();
  };
  const ask = (): void => {
    whoAmI().then((found) => (found ? enter(found) : setPhase("out")), () => {
      setPhase("away");
      setTimeout(ask, ASK_AGAIN_MS);
    });
  };
  const leave = async (): Promise<void> => {
    if (!(await logout())) {
      desk.say("warn", "logout.failed");
      return;
    }
    desk.clear();
    person.current = null;
    setPhase("out");
  };
  useEffect(ask, []);
  usePageLife(desk, phase);
  return { phase, desk, enter, leave, left: provider.current };
}

/** Follows the page into and out of the background and the browser's page cache. */
function usePageLife(desk: Desk, phase: Phase): void {
  useEffect(() => {
    if (phase !== "in") return;
    const wake = (): void => { if (document.visibilityState === "visible") desk.wake(); };
    const hide = (event: PageTransitionEvent): void => { if (event.persisted) desk.sleep(); };
    const show = (event: PageTransitionEvent): void => { if (event.persisted) desk.start(); };
    document.addEventListener("visibilitychange", wake);
    window.addEventListener("online", wake);
    window.addEventListener("pagehide", hide);
    window.addEventListener("pageshow", show);
    return () => {
      document.removeEventListener("visibilitychange", wake);
      window.removeEventListener("online", wake);
      window.removeEventListener("pagehide", hide);
      window.removeEventListener("pageshow", show);
    };
  }, [desk, phase]);
}

/** `came` is the word with which somebody was sent back from an identity provider. */
export function App({ came }: { readonly came: string }) {
  const [settings, setSettings] = useSettings();
  const i18n = useTexts(settings.lang);
  const { phase, desk, enter, leave, left } = useSession();
  useLeaveGuard(useUnsent(desk)); // at the login too: a session that ends keeps what was being written
  const actions = useMemo(() => new Actions(desk), [desk]);
  if (!i18n) return null;
  if (phase === "loading") return <p class="loading" role="status">{i18n.t("app.loading")}</p>;
  if (phase === "away") return <p class="loading" role="status">{i18n.t("app.away")}</p>;
  if (phase !== "in") {
    return <Login i18n={i18n} settings={settings} ended={phase === "ended"} came={phase === "ended" ? "" : came} left={left}
      onSignedIn={enter} onLang={(lang) => setSettings({ lang })} />;
  }
  return (
    <ConsoleContext.Provider value={{ desk, actions, i18n, settings, setSettings }}>
      <DeskScreen onSignOut={() => void leave()} />
    </ConsoleContext.Provider>
  );
}
