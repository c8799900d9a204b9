import { useEffect, useRef } from "preact/hooks";
import type { Shown } from "./embed";
import { chime } from "./later";
import type { Ui } from "./ui";
import type { View } from "./view";

/** Messages from counsellors in the log. */
const received = (view: View) => view.entries.filter((entry) => entry.kind === "text" && entry.from === "counsellor").length;

/** How many messages have been read: on the page before, and since on this one. */
function useRead({ visible, launcher }: Ui, { talk }: View, shown: Shown | null, count: number): number {
  const read = useRef<{ talk: string | null; count: number }>({ talk: null, count: 0 });
  const { current } = read;
  const id = talk?.id ?? null;
  if (visible) read.current = { talk: id, count };
  else if (id !== current.talk) {
    // What was there when the page opened is not news, unless the page before knew it unread.
    const known = current.talk === null ? (shown?.read ?? null) : null;
    if ((launcher && !shown) || (known === null && talk?.history === Number.POSITIVE_INFINITY)) return count;
    read.current = { talk: id, count: known ?? count };
  }
  return Math.min(count, read.current.count);
}

/** Keeps launcher, title, `seen`, sound and announcements true to what happens; `shown` is null until the launcher has spoken. */
export function useWatcher(ui: Ui, view: View, shown: Shown | null): void {
  const { i18n, launcher, session, visible, announce } = ui;
  const count = received(view);
  const talk = view.talk;
  const state = talk?.state ?? null;
  const before = useRef(state);
  const read = useRead(ui, view, shown, count);
  const unread = count - read;

  useEffect(() => {
    if (shown) launcher?.unread(unread, read);
  }, [launcher, shown, unread, read]);
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
