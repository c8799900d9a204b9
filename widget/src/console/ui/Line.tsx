import type { I18n } from "../../core/i18n";
import type { Conversation, DeskState } from "../state/model";
import { useConsole } from "./context";
import { Check, DoubleCheck, Lock } from "./icons";
import { titleOfKey, worded } from "./names";
import type { Item } from "./timeline";
import { queueKey } from "../state/model";

interface LineProps {
  readonly item: Item;
  readonly conversation: Conversation;
  readonly state: DeskState;
  readonly unreadFrom: boolean;
}

/** One entry of the conversation, with the day or the "new" line before it. */
export function Line({ item, conversation, state, unreadFrom }: LineProps) {
  const { i18n } = useConsole();
  const event = item.kind === "event" ? eventText(i18n, item, conversation, state) : "";
  if (event === null) return null;
  return (
    <li class={`line line-${item.kind} side-${item.side}${item.newTurn ? " line-turn" : ""}`}>
      {item.newDay && <p class="day"><span>{i18n.day(item.at)}</span></p>}
      {unreadFrom && <p class="day day-new"><span>{i18n.t("transcript.unread")}</span></p>}
      {event === "" ? <Said item={item} conversation={conversation} /> : <EventLine text={event} at={item.at} />}
    </li>
  );
}

function authorOf(i18n: I18n, item: Item): string {
  if (item.side === "visitor") return i18n.t("author.visitor");
  if (item.side === "own") return i18n.t("author.you");
  return item.alias || i18n.t("author.colleague");
}

function Said({ item, conversation }: { item: Item; conversation: Conversation }) {
  const { i18n } = useConsole();
  const note = item.kind === "note";
  const text = item.entry?.text ?? item.pending?.text ?? "";
  const lang = item.entry?.lang ?? (item.side === "visitor" ? conversation.lang : undefined);
  return (
    <div class={item.pending?.state === "failed" ? "bubble bubble-failed" : "bubble"}>
      <p class={item.newTurn || note ? "author" : "author vh"}>
        {note && <Lock />}
        <span>{note ? i18n.t("note.by", { who: authorOf(i18n, item) }) : authorOf(i18n, item)}</span>
        <time dateTime={new Date(item.at).toISOString()}>{i18n.time(item.at)}</time>
      </p>
      <p class="text" dir="auto" lang={lang ?? undefined}>{text}</p>
      {item.pending ? <UnderWay item={item} /> : item.mark && <Mark seen={item.mark === "seen"} />}
    </div>
  );
}

function Mark({ seen }: { seen: boolean }) {
  const { i18n } = useConsole();
  return <p class="mark-line">{seen ? <DoubleCheck /> : <Check />}{i18n.t(seen ? "message.seen" : "message.sent")}</p>;
}

/** Sending, trying again, or failed: what wrote it is never left in doubt. */
function UnderWay({ item }: { item: Item }) {
  const { i18n, actions } = useConsole();
  const line = item.pending;
  if (!line) return null;
  if (line.state !== "failed") return <p class="mark-line">{i18n.t(`message.${line.state}`)}</p>;
  return (
    <div class="failed">
      <p>{worded(i18n, "message.failed", line.code ?? "other")}</p>
      <button type="button" class="button button-small" onClick={() => actions.retry(line.id)}>{i18n.t("message.retry")}</button>
      <button type="button" class="button button-small" onClick={() => actions.takeBack(line.id)}>{i18n.t("message.take_back")}</button>
    </div>
  );
}

function eventText(i18n: I18n, item: Item, conversation: Conversation, state: DeskState): string | null {
  const { event, params } = item.entry ?? {};
  if (!event || !i18n.has(`event.${event}`)) return null;
  if (event === "closed") return worded(i18n, "closed", params?.["reason"] ?? "other").replace(/\.$/, "");
  const queue = params?.["queue"] ?? conversation.queue;
  const site = params?.["site"] ?? conversation.site;
  const title = titleOfKey(i18n, state, queue.includes("/") ? queue : queueKey(site, queue));
  return i18n.t(`event.${event}`, { alias: params?.["alias"] ?? item.alias, queue: title });
}

function EventLine({ text, at }: { text: string; at: number }) {
  const { i18n } = useConsole();
  return <p class="event"><span>{text}</span> <time dateTime={new Date(at).toISOString()}>{i18n.time(at)}</time></p>;
}
