import { useEffect, useRef, useState } from "preact/hooks";
import { isReplaced, type DeskState } from "../state/model";
import { useConsole } from "./context";
import { Close, Warn } from "./icons";
import { useNow } from "./time";

/** The truth about the connection whenever it is not simply there. */
export function Banner({ state }: { state: DeskState }) {
  const { i18n, desk } = useConsole();
  const { link } = state;
  if (link.name === "open" && state.welcomed) return <div role="status" class="vh" />;
  const replaced = isReplaced(state);
  const stopped = link.name === "stopped";
  const quiet = !stopped && state.me === null;
  return (
    <div role="status" class={quiet ? "banner banner-quiet" : "banner"}>
      {!quiet && <Warn />}
      <p class="banner-text">{replaced ? i18n.t("link.replaced") : stopped ? i18n.t("link.stopped") : <Trying state={state} />}</p>
      {stopped && (
        <button type="button" class="button button-small" onClick={() => desk.start()}>
          {i18n.t(replaced ? "link.use_here" : "link.again")}
        </button>
      )}
    </div>
  );
}

function Trying({ state }: { state: DeskState }) {
  const { i18n } = useConsole();
  const now = useNow();
  const { link } = state;
  if (state.me === null) return <>{i18n.t("link.first")}</>;
  const seconds = link.name === "trying" ? Math.ceil((link.at - now) / 1_000) : 0;
  return (
    <>
      {i18n.t("link.trying")}
      {seconds > 1 && <span aria-hidden="true"> {i18n.t("link.next_try", { s: seconds })}</span>}
    </>
  );
}

/** Notices stay while somebody points at one or is inside of one, and while nobody looks at the page. */
function useHold(count: number) {
  const { actions } = useConsole();
  const box = useRef<HTMLDivElement>(null);
  const [held, setHeld] = useState(false);
  const look = (): void => setHeld(document.hidden || (box.current?.matches(":hover, :focus-within") ?? false));
  useEffect(() => {
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  useEffect(look, [count]); // one that goes from under the pointer takes its `pointerleave` along
  useEffect(() => actions.holdNotices(held), [held]);
  return { ref: box, onPointerOver: look, onPointerLeave: look, onFocusIn: look, onFocusOut: () => setTimeout(look) };
}

/** Sentences about what just happened or could not be done. */
export function Notices({ state }: { state: DeskState }) {
  const { i18n, actions } = useConsole();
  const hold = useHold(state.notices.length);
  return (
    <div class="notices" role="status" {...hold} aria-label={i18n.t("notices.label")}>
      {state.notices.map((notice) => (
        <div key={notice.id} class={`notice notice-${notice.tone}`}>
          {notice.tone === "warn" && <Warn />}
          <p>{i18n.has(notice.key) ? i18n.t(notice.key, notice.params) : i18n.t("error.other")}</p>
          <button type="button" class="button-icon button-icon-small" aria-label={i18n.t("notices.dismiss")}
            onClick={() => actions.dismissNotice(notice.id)}><Close /></button>
        </div>
      ))}
    </div>
  );
}
