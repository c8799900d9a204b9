import { useState } from "preact/hooks";
import words from "../i18n/later.json";
import "./drawings";
import { Closed } from "./Closed";
import { Composer } from "./Composer";
import { Confirm } from "./Confirm";
import { estimateText } from "./estimate";
import { NotErased } from "./Gone";
import { Help } from "./Help";
import { Icon } from "./icons";
import { OtherLanguages } from "./Languages";
import { Messages } from "./Messages";
import { useNow, useUi } from "./ui";
import { useUnsentWarning } from "./unsent";
import type { Talk, View } from "./view";

/** The end is near: how long it would take, and how long a place is kept, is beside the point. */
const closesSoon = (talk: Talk): boolean => talk.warning?.reason === "closing_soon";

function WaitingBar({ talk }: { talk: Talk }) {
  const { i18n } = useUi();
  const { t } = i18n;
  const { position } = talk;
  const place = position === null ? t("waiting.place") : position <= 1 ? t("waiting.next") : t("waiting.position", { n: position });
  const estimate = closesSoon(talk) ? "" : estimateText(i18n, talk.estimate);
  return (
    <div class="bar waiting-bar">
      <span class="place" aria-hidden="true">{position ?? <Icon name="clock" />}</span>
      <span class="grow">
        <strong role="status">{place}</strong>
        {estimate && <span class="soft block">{estimate}</span>}
        <span class="soft block" role="status">{talk.staffed === false ? t("unavailable.no_staff") : talk.closed && t("waiting.closed")}</span>
      </span>
    </div>
  );
}

function CounsellorBar({ talk }: { talk: Talk }) {
  const { i18n, connection } = useUi();
  const { t } = i18n;
  const names = talk.participants.map(({ alias }) => alias).join(", ") || t("counsellor");
  const presence = connection.missing ? "unknown" : (talk.presence ?? "here");
  return (
    <div class="bar">
      <span class={`avatar ${presence}`} aria-hidden="true">{names.slice(0, 1).toUpperCase()}</span>
      <span class="grow">
        <strong>{names}</strong>
        <span class="soft block" role="status">{t(`presence.${presence}`)}</span>
      </span>
    </div>
  );
}

/** While waiting: what one can do meanwhile, and what happens if the connection goes. */
function WaitingAdvice({ view, talk }: { view: View; talk: Talk }) {
  const { i18n, session } = useUi();
  const [sound, setSound] = useState(session.sound);
  const kept = talk.limits.grace_waiting_ms;
  const status = view.statuses.find((one) => one.queue === talk.queue);
  return (
    <>
      <OtherLanguages view={view} talk={talk} />
      <div class="advice">
        <p>{i18n.pick(words["waiting.write"])}</p>
        {kept && !closesSoon(talk) && <p class="soft">{i18n.pick(words["waiting.kept"]).replace("{n}", String(Math.round(kept / 60_000)))}</p>}
        <label class="check">
          <input
            type="checkbox"
            checked={sound}
            onChange={(event) => {
              session.sound = event.currentTarget.checked;
              setSound(session.sound);
            }}
          />
          {i18n.pick(words["waiting.sound"])}
        </label>
      </div>
      <Help emergency={status?.emergency} alternatives={status?.alternatives} />
    </>
  );
}

function Warning({ talk }: { talk: Talk }) {
  const { i18n, session } = useUi();
  const now = useNow(15_000);
  if (!talk.warning) return null;
  const { reason, at } = talk.warning;
  return (
    <div class="warning" role="alert">
      <Icon name="clock" />
      <p>{i18n.t(`warning.${reason}`, { when: i18n.moment(at, now) })}</p>
      {reason === "idle" && (
        <button type="button" class="button quiet" onClick={() => session.say(`${i18n.t("warning.stay")}.`)}>
          {i18n.t("warning.stay")}
        </button>
      )}
    </div>
  );
}

export { chime } from "./chime";
export { AskScreen } from "./Ask";
export { Erased, Replaced } from "./Gone";
export { StartForeign } from "./Languages";
export { UnavailableScreen } from "./Unavailable";
export { work } from "./work";

/** A conversation from waiting to its end. */
export function TalkScreen({ view, talk }: { view: View; talk: Talk }) {
  const { i18n, session } = useUi();
  const { t } = i18n;
  const [asking, setAsking] = useState(false);
  const [draft, setDraft] = useState("");
  const waiting = talk.state === "waiting";
  const open = talk.state !== "closed";
  const busy = view.ending || view.erasing;
  const kind = waiting ? "leave" : "end";
  useUnsentWarning(open && (draft.trim() !== "" || view.outgoing.some(({ state }) => state !== "sending")));
  return (
    <>
      <div class="talk">
        {open && (
          <div class="bars">
            {waiting ? <WaitingBar talk={talk} /> : <CounsellorBar talk={talk} />}
            <button type="button" class="button quiet small" disabled={busy} onClick={() => setAsking(true)}>
              {view.erasing ? t("erase.sending") : view.ending ? t("talk.ending") : t(waiting ? "leave.yes" : "talk.end")}
            </button>
          </div>
        )}
        {open && <NotErased code={view.notErased} />}
        <Messages
          view={view}
          talk={talk}
          onEdit={(text) => setDraft((now) => (now ? `${now}\n${text}` : text))}
          before={waiting && <WaitingAdvice view={view} talk={talk} />}
        >
          {!open && <Closed view={view} talk={talk} />}
        </Messages>
        <Warning talk={talk} />
      </div>
      {open && <Composer talk={talk} draft={draft} setDraft={setDraft} />}
      {asking && open && (
        <Confirm
          kind={kind}
          onNo={() => setAsking(false)}
          onYes={() => {
            setAsking(false);
            session.leave();
          }}
          {...(!waiting && {
            onErase: () => {
              setAsking(false);
              session.erase();
            },
          })}
        />
      )}
    </>
  );
}
