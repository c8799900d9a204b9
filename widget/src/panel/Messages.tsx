import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import words from "../i18n/later.json";
import { Icon } from "./icons";
import { itemsOf, linksIn, type Item, type Message } from "./items";
import { useUi } from "./ui";
import type { Talk, View } from "./view";

const NEAR_END_PX = 80;

function Delivery({ message, onEdit }: { message: Message; onEdit: (text: string) => void }) {
  const { i18n, session } = useUi();
  const { delivery } = message;
  if (!delivery) return null;
  const done = delivery === "sent" || delivery === "seen";
  return (
    <>
      <span class={`delivery ${delivery}`}>
        {done && <Icon name={delivery === "seen" ? "seen" : "check"} />}
        {delivery === "failed" && <Icon name="alert" />}
        {i18n.t(`delivery.${delivery}`)}
      </span>
      {delivery === "failed" && session.view.talk?.state !== "closed" && (
        <>
          <button type="button" class="link" onClick={() => session.retry(message.key)}>{i18n.t("failed.retry")}</button>
          <button type="button" class="link" onClick={() => onEdit(session.takeBack(message.key))}>{i18n.t("failed.edit")}</button>
        </>
      )}
    </>
  );
}

function Bubble({ message, onEdit }: { message: Message; onEdit: (text: string) => void }) {
  const { i18n } = useUi();
  const { mine, first, last, delivery, at } = message;
  const who = mine ? i18n.t("you") : (message.alias ?? i18n.t("counsellor"));
  const foot = last || (delivery !== null && delivery !== "sent" && delivery !== "seen");
  return (
    <li class={`message${mine ? " mine" : ""}${first ? " first" : ""}${last ? " last" : ""} ${delivery ?? ""}`}>
      <span class={first && !mine ? "who-said" : "unseen"}>{who}<span class="unseen">: </span></span>
      <p class="bubble" dir="auto">
        {linksIn(message.text).map((part, i) =>
          part.href ? <a key={i} href={part.href} target="_blank" rel="noopener noreferrer">{part.text}</a> : part.text,
        )}
      </p>
      {foot && (
        <span class="meta">
          <time dateTime={new Date(at).toISOString()}>{i18n.time(at)}</time>
          <Delivery message={message} onEdit={onEdit} />
        </span>
      )}
    </li>
  );
}

function Line({ item, onEdit }: { item: Item; onEdit: (text: string) => void }) {
  const { i18n } = useUi();
  if (item.kind === "message") return <Bubble message={item} onEdit={onEdit} />;
  if (item.kind === "day") return <li class="event">{i18n.date(item.at)}</li>;
  const key = `event.${item.event}`;
  if (!i18n.has(key)) return null;
  return <li class="event">{i18n.t(key, item.params)}</li>;
}

function Typing({ talk }: { talk: Talk }) {
  const { t } = useUi().i18n;
  if (!talk.typing) return null;
  return (
    <p class="typing">
      <span class="dots" aria-hidden="true"><i /><i /><i /></span>
      {t("typing", { alias: talk.participants[0]?.alias ?? t("counsellor") })}
    </p>
  );
}

/** Keeps the end in view while the reader is there; otherwise says that something new has come. */
function useFollow(count: number, tail: string, following: boolean) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const follows = useRef(following);
  follows.current = following;
  const [news, setNews] = useState(false);
  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
    setNews(false);
  };
  useLayoutEffect(() => {
    if (!following) return;
    if (atEnd.current) toEnd();
    else setNews(true);
  }, [count]);
  useLayoutEffect(() => {
    if (following && atEnd.current) toEnd();
  }, [tail]);
  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(() => follows.current && atEnd.current && toEnd());
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const onScroll = () => {
    const { current } = box;
    if (!current) return;
    atEnd.current = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_END_PX;
    if (atEnd.current) setNews(false);
  };
  return { box, news, onScroll, toEnd };
}

interface MessagesProps {
  view: View;
  talk: Talk;
  onEdit: (text: string) => void;
  /** What stands before the messages, and after them. */
  before: preact.ComponentChildren;
  children: preact.ComponentChildren;
}

export function Messages({ view, talk, onEdit, before, children }: MessagesProps) {
  const { t, pick } = useUi().i18n;
  const items = useMemo(
    () => itemsOf(view.entries, view.outgoing, talk.participants, talk.seen),
    [view.entries, view.outgoing, talk.participants, talk.seen],
  );
  const past = items.filter((item) => item.seq <= talk.history);
  const live = items.filter((item) => item.seq > talk.history);
  const { box, news, onScroll, toEnd } = useFollow(items.length, `${talk.state}${talk.typing}${talk.warning?.at}`, items.length > 0 && talk.state !== "closed");
  const line = (item: Item) => <Line key={item.key} item={item} onEdit={onEdit} />;
  return (
    <div class="scroll-frame">
      <div class="scroll" ref={box} onScroll={onScroll} tabIndex={0} role="group" aria-label={t("messages")}>
        {before}
        {past.length > 0 && <ol class="messages">{past.map(line)}</ol>}
        <div role="log" aria-live="polite" aria-label={t("messages")}>
          <ol class="messages">{live.map(line)}</ol>
        </div>
        {talk.state === "active" && items.every((item) => item.kind !== "message") && <p class="empty">{pick(words["talk.empty"])}</p>}
        {view.lost && <p class="note-line">{t("lost")}</p>}
        <Typing talk={talk} />
        {children}
      </div>
      {news && (
        <button type="button" class="news" onClick={toEnd}>
          <Icon name="down" /> {t("messages.new")}
        </button>
      )}
    </div>
  );
}
