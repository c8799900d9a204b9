import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { useUi } from "./ui";
import type { View } from "./view";

const PATIENCE_MS = 900;
const GOOD_NEWS_MS = 4_000;
const REPLACED = 4009;

/** Whether the connection has been missing for longer than a blink, and whether it has just come back. */
function useLink(view: View): { missing: boolean; back: boolean } {
  const up = view.online;
  const [missing, setMissing] = useState(false);
  const [back, setBack] = useState(false);
  const was = useRef(false);
  useEffect(() => {
    if (up) {
      if (was.current) setBack(true);
      was.current = false;
      setMissing(false);
      const timer = setTimeout(() => setBack(false), GOOD_NEWS_MS);
      return () => clearTimeout(timer);
    }
    const timer = setTimeout(() => {
      was.current = true;
      setMissing(true);
      setBack(false);
    }, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [up]);
  return { missing: missing && !up, back };
}

function Line({ view }: { view: View }) {
  const { i18n, session } = useUi();
  const { missing, back } = useLink(view);
  const { link, talk } = view;
  if (link.name === "stopped") {
    if (link.code === REPLACED || talk?.state === "closed" || view.phase === "erased") return null;
    return (
      <p class="banner bad">
        <Icon name="alert" /> {i18n.t("link.stopped")}
        <button type="button" class="link" onClick={() => session.start()}>{i18n.t("link.again")}</button>
      </p>
    );
  }
  if (missing) {
    const key = link.name === "connecting" ? "link.connecting" : view.outgoing.length ? "link.trying.messages" : "link.trying";
    return <p class="banner care"><span class="spinner" /> {i18n.t(key)}</p>;
  }
  return back ? <p class="banner good"><Icon name="check" /> {i18n.t("link.back")}</p> : null;
}

/** The true state of the connection, whenever it is not simply open. */
export function Banner({ view }: { view: View }) {
  return <div role="status"><Line view={view} /></div>;
}
