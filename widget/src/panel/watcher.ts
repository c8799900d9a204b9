import { useEffect, useRef } from "preact/hooks";
import { chime } from "./chime";
import type { Ui } from "./ui";
import type { View } from "./view";

/** Messages from counsellors in the log. */
const received = (view: View) => view.entries.filter((entry) => entry.kind === "text" && entry.from === "counsellor").length;

/** Keeps launcher, title, `seen`, sound and announcements true to what happens. */
export function useWatcher(ui: Ui, view: View): void {
  const { i18n, launcher, session, visible, announce } = ui;
  const count = received(view);
  const read = useRef<{ talk: string | null; count: number }>({ talk: null, count: 0 });
  const talk = view.talk;
  const state = talk?.state ?? null;
  const before = useRef(state);
  // What was there when the page opened is not news.
  if (read.current.talk !== (talk?.id ?? null)) read.current = { talk: talk?.id ?? null, count };
  if (visible || talk?.history === Number.POSITIVE_INFINITY) read.current.count = count;
  const unread = Math.max(0, count - read.current.count);

  useEffect(() => launcher?.unread(unread), [launcher, unread]);
  useEffect(() => launcher?.live(state === "waiting" || state === "active"), [launcher, state]);
  useEffect(() => {
    if (visible && state) session.seen();
  }, [session, visible, view.entries.length, state, view.link.name]);

  const name = talk ? i18n.pick(talk.names) : i18n.pick(view.statuses.find((one) => one.queue === view.queue)?.names);
  useEffect(() => {
    document.title = `${unread ? `(${unread}) ` : ""}${name || i18n.t("app.title")}`;
  }, [name, unread, i18n]);

  useEffect(() => {
    const alias = talk?.participants[0]?.alias ?? i18n.t("counsellor");
    if (before.current === "waiting" && state === "active") {
      announce(i18n.t("talk.started", { alias }));
      if (session.sound) chime();
    }
    before.current = state;
  }, [state]);
}
