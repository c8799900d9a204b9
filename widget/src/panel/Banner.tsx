import { Icon } from "./icons";
import { useUi } from "./ui";
import type { View } from "./view";

const REPLACED = 4009;

function Line({ view }: { view: View }) {
  const { i18n, session, connection } = useUi();
  const { missing, back } = connection;
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
