import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { isTyping } from "../state/conversations";
import type { Conversation, DeskState } from "../state/model";
import { useConsole } from "./context";
import { Down } from "./icons";
import { Line } from "./Line";
import { useNow } from "./time";
import { timeline, type Item } from "./timeline";

/** Closer to the end than this, in pixels, counts as reading along. */
const NEAR_END = 60;

interface TranscriptProps {
  readonly conversation: Conversation;
  readonly state: DeskState;
}

/** Keeps the end in sight for who reads along, and leaves who reads back where they are. */
function useReading(conversation: Conversation, length: number) {
  const { actions } = useConsole();
  const scroller = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const height = useRef(0);
  const [below, setBelow] = useState(false);
  const toEnd = (): void => {
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  };
  const look = (): void => {
    if (following.current && document.visibilityState === "visible") actions.looked(conversation.id);
  };
  const onScroll = (): void => {
    const box = scroller.current;
    if (!box) return;
    // Less room is not somebody reading back: the observer below goes to the end again.
    if (following.current && box.clientHeight !== height.current) return;
    following.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
    if (following.current) setBelow(false);
    look();
  };
  useLayoutEffect(() => {
    if (following.current) toEnd();
    else setBelow(true);
    look();
  }, [length]);
  useEffect(() => {
    const resized = new ResizeObserver(() => {
      height.current = scroller.current?.clientHeight ?? 0;
      if (following.current) toEnd();
    });
    if (scroller.current) resized.observe(scroller.current);
    document.addEventListener("visibilitychange", look);
    return () => {
      resized.disconnect();
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return { scroller, onScroll, below, toEnd };
}

export function Transcript({ conversation, state }: TranscriptProps) {
  const { i18n } = useConsole();
  const alias = state.me?.alias ?? "";
  const items = useMemo(() => timeline(conversation, alias), [conversation, alias]);
  // What was there at first sight is outside of the live region, so that only what comes after is read out.
  const [shown] = useState(() => items.at(-1)?.at ?? 0);
  const [firstUnread] = useState(() => firstUnreadKey(conversation, items));
  const split = items.findIndex((item) => item.at > shown || item.pending !== null);
  const at = split < 0 ? items.length : split;
  const { scroller, onScroll, below, toEnd } = useReading(conversation, items.length);
  const lines = (some: readonly Item[]) => some.map((item) => (
    <Line key={item.key} item={item} conversation={conversation} state={state} unreadFrom={item.key === firstUnread} />
  ));
  return (
    <div class="transcript">
      <div class="scroller" ref={scroller} onScroll={onScroll} tabIndex={0} role="region" aria-label={i18n.t("transcript.label")}>
        {conversation.lost && <p class="callout callout-care">{i18n.t("transcript.lost")}</p>}
        <ol class="lines">{lines(items.slice(0, at))}</ol>
        <div role="log" aria-label={i18n.t("transcript.new")}><ol class="lines">{lines(items.slice(at))}</ol></div>
        <TypingLine conversation={conversation} known={state.welcomed} />
      </div>
      {below && <button type="button" class="button to-end" onClick={toEnd}><Down />{i18n.t("transcript.to_end")}</button>}
    </div>
  );
}

function firstUnreadKey(conversation: Conversation, items: readonly Item[]): string | null {
  const first = items.find((item) =>
    item.side === "visitor" && item.kind === "text" && (item.entry?.seq ?? 0) > conversation.seenByMe);
  const read = conversation.seenByMe > 0;
  return read ? (first?.key ?? null) : null;
}

function TypingLine({ conversation, known }: { conversation: Conversation; known: boolean }) {
  const { i18n } = useConsole();
  const now = useNow();
  const on = known && isTyping(conversation, now);
  return (
    <div class="typing-line" role="status">
      {on && <><span class="typing-dots" aria-hidden="true"><i /><i /><i /></span>{i18n.t("typing.visitor")}</>}
    </div>
  );
}
