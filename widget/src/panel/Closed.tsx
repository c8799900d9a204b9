import { useEffect, useRef, useState } from "preact/hooks";
import words from "../i18n/later.json";
import { Confirm } from "./Confirm";
import { NotErased } from "./Gone";
import { useGoodbye } from "./goodbye";
import { Help } from "./Help";
import { Icon } from "./icons";
import { useNow, useUi } from "./ui";
import { useUnsentWarning } from "./unsent";
import type { Talk, View } from "./view";

const SCORES = [1, 2, 3, 4, 5] as const;

function Feedback({ view }: { view: View }) {
  const { i18n, session } = useUi();
  const w = (key: keyof typeof words) => i18n.pick(words[key]);
  const [score, setScore] = useState(0);
  const [text, setText] = useState("");
  useUnsentWarning(text.trim() !== "" && view.feedback !== "sent");
  if (view.feedback === "sent") return <p class="thanks" role="status"><Icon name="check" /> {w("feedback.sent")}</p>;
  return (
    <form class="feedback" onSubmit={(event) => {
      event.preventDefault();
      if (score) session.rate(score, text.normalize("NFC").trim());
    }}>
      <fieldset>
        <legend>{w("feedback.title")} <span class="soft">{w("feedback.lead")}</span></legend>
        <div class="scores">
          {SCORES.map((one) => (
            <label key={one}>
              <input type="radio" name="score" value={one} checked={score === one} onChange={() => setScore(one)} />
              <span class="score">{one}</span>
              <span class={one === 1 || one === 5 ? "score-word" : "unseen"}>{w(`feedback.${one}`)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {score > 0 && (
        <>
          <label class="block">
            {w("feedback.text")}
            <textarea rows={2} maxLength={2_000} value={text} onInput={(event) => setText(event.currentTarget.value)} />
          </label>
          <button type="submit" class="button quiet" disabled={view.feedback === "sending"}>
            {w(view.feedback === "sending" ? "feedback.sending" : "feedback.send")}
          </button>
        </>
      )}
      {view.feedback === "failed" && <p class="error-text" role="alert">{w("feedback.failed")}</p>}
    </form>
  );
}

const wasAnswered = (view: View) => view.entries.some((entry) => entry.event === "joined" || entry.from === "counsellor");

/** The queue closed before anybody answered: there was no conversation, and help is to be had elsewhere. */
const shutOut = (view: View, talk: Talk) => talk.reason === "queue_closed" && !wasAnswered(view);

function useWords(view: View, talk: Talk): { title: string; text: string } {
  const { i18n } = useUi();
  if (shutOut(view, talk)) return { title: i18n.t("unavailable.closed"), text: i18n.t("unavailable.text") };
  const answered = wasAnswered(view);
  const key = `closed.${talk.reason}`;
  const unanswered = `${key}.waiting`;
  const title = !answered && i18n.has(unanswered) ? unanswered : i18n.has(key) ? key : "event.closed";
  const timedOut = talk.reason === "visitor_timeout" || talk.reason === "idle";
  return { title: i18n.t(title), text: i18n.pick(words[timedOut ? "closed.timeout.text" : "closed.thanks"]) };
}

/** After the end: what happens next, and what the person can still do. */
export function Closed({ view, talk }: { view: View; talk: Talk }) {
  const { i18n, session } = useUi();
  const { t } = i18n;
  const now = useNow(15_000);
  const [asking, setAsking] = useState(false);
  const card = useRef<HTMLElement>(null);
  useEffect(() => card.current?.scrollIntoView({ block: "start" }), []);
  const { title, text } = useWords(view, talk);
  const until = talk.lingerUntil;
  const kept = view.notErased === "held"; // asked to be deleted: nothing more is asked of the person, nor can it be opened again
  const readable = until !== null && until > now && !kept;
  const out = shutOut(view, talk);
  const goodbye = useGoodbye(!readable && !view.erasing);
  const [going, setGoing] = useState(false);
  const anew = () => {
    setGoing(true);
    void goodbye().then(() => session.browse());
  };
  const status = view.statuses.find((one) => one.queue === talk.queue);
  return (
    <section class="closed" ref={card}>
      <div role="status">
        <h2>{title}</h2>
        {out && status?.opens_at != null && <p>{t("opens", { when: i18n.moment(status.opens_at, now) })}</p>}
        <p>{text}{readable && ` ${t("closed.readable", { until: i18n.time(until) })}`}</p>
      </div>
      {kept && <NotErased code={view.notErased} />}
      {readable && wasAnswered(view) && <Feedback view={view} />}
      <div class="answers">
        <button type="button" class="button primary" disabled={view.erasing || going} onClick={anew}>
          {t(out ? "unavailable.again" : "closed.new")}
        </button>
        {readable && <button type="button" class="button quiet" disabled={view.erasing} onClick={() => setAsking(true)}>
          {t(view.erasing ? "erase.sending" : "erase.yes")}
        </button>}
      </div>
      {out && <Help emergency={status?.emergency} alternatives={status?.alternatives} />}
      {readable && <p class="soft small-print">{i18n.pick(words["closed.shared"])}</p>}
      {!kept && <NotErased code={view.notErased} />}
      {asking && (
        <Confirm kind="erase" onNo={() => setAsking(false)} onYes={() => {
          setAsking(false);
          session.erase();
        }} />
      )}
    </section>
  );
}
