import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { NEUTRAL_PAGE } from "../core/exit";
import type { I18n } from "../core/i18n";
import { Banner } from "./Banner";
import { Browse } from "./Browse";
import { findLauncher, type Launcher, type Shown } from "./embed";
import { Header } from "./Header";
import { takeFocus } from "./Heading";
import { Loading } from "./Screens";
import { useLater } from "./later";
import { useLink } from "./link";
import type { Session } from "./session";
import { UiContext, useView, type Ui } from "./ui";
import { useWatcher } from "./watcher";

const REPLACED = 4009;

interface AppProps {
  session: Session;
  first: I18n;
  languages: readonly string[];
  load: (lang: string) => Promise<I18n>;
}

/** Ends everything at once: the server hears of it even when the socket is gone. */
function quickExit(session: Session, launcher: Launcher | null): void {
  session.flee();
  navigator.sendBeacon("/api/v1/visitor/end", JSON.stringify({ how: "quick_exit", site: session.site }));
  document.body.hidden = true;
  if (launcher) launcher.exit();
  else location.replace(NEUTRAL_PAGE);
}

const OWN_PAGE: Shown = { on: true, focus: false, read: null };

/** What a person can see: the tab is in front and, in a page, the launcher has said that the chat is not minimised. */
function useVisible(): { visible: boolean; shown: Shown | null; launcher: Launcher | null } {
  const [told, setTold] = useState<Shown | null>(null);
  const [front, setFront] = useState(document.visibilityState === "visible");
  const launcher = useMemo(() => findLauncher(setTold), []);
  const shown = launcher ? told : OWN_PAGE;
  useEffect(() => {
    if (shown?.focus) takeFocus();
  }, [shown]);
  useEffect(() => {
    const look = () => setFront(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return { visible: shown !== null && shown.on && front, shown, launcher };
}

function Screen({ session }: { session: Session }) {
  const view = useView(session);
  const replaced = view.link.name === "stopped" && view.link.code === REPLACED;
  const later = useLater(replaced || view.phase !== "browsing" || view.talk !== null);
  if (replaced && later) return <later.Replaced />;
  if (view.phase === "erased" && later) return <later.Erased />;
  if (view.unavailable && later) return <later.UnavailableScreen view={view} frame={view.unavailable} />;
  if (view.talk && later) return <later.TalkScreen view={view} talk={view.talk} />;
  if (view.phase === "asking" && view.form && later) return <later.AskScreen form={view.form} />;
  if (replaced || view.talk || view.phase !== "browsing" || (!view.informed && !view.trouble)) return <Loading joining={view.phase !== "browsing"} />;
  return <Browse view={view} />;
}

export function App({ session, first, languages, load }: AppProps) {
  const [i18n, setI18n] = useState(first);
  const { visible, shown, launcher } = useVisible();
  const speaker = useRef<HTMLDivElement>(null);
  const announce = useCallback((text: string) => {
    if (speaker.current) speaker.current.textContent = text;
  }, []);
  const view = useView(session);
  const connection = useLink(view);

  const ui: Ui = {
    i18n, session, launcher, visible, connection, languages, announce,
    setLanguage: (lang) => {
      session.lang = lang;
      void load(lang).then(setI18n, () => announce(i18n.t("trouble.other")));
    },
    quickExit: () => quickExit(session, launcher),
  };
  useWatcher(ui, view, shown);

  useEffect(() => {
    if (!launcher) return;
    const minimise = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) launcher.minimise();
    };
    addEventListener("keydown", minimise);
    return () => removeEventListener("keydown", minimise);
  }, [launcher]);

  return (
    <UiContext.Provider value={ui}>
      <div class={launcher ? "page embedded" : "page"}>
        <Header view={view} />
        <Banner view={view} />
        <main>
          <Screen session={session} />
        </main>
        <div class="unseen" role="status" ref={speaker} />
      </div>
    </UiContext.Provider>
  );
}
