import { useState } from "preact/hooks";
import { may, useManage } from "../context";
import { useLoaded, useNames } from "../core/load";
import { refusalWords } from "../core/words";
import { Field } from "../ui/fields";
import { useOnce, useRefusal } from "../ui/saving";
import type { Hold } from "../transcripts/model";
import { Refused } from "../transcripts/ReasonForm";
import { moment } from "../transcripts/text";
import { HoldDialog } from "./HoldDialog";

type Wanted = { readonly step: "ask" | "release"; readonly conversation: string };

/** What is kept from being erased, why and by whom; and what two people do about it. */
export function HoldsView() {
  const { i18n, api, site, say } = useManage();
  const { t } = i18n;
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const { found, refusal, busy, reload } = useLoaded(site.site, async (signal) => {
    const answer = await api.ask<{ holds: readonly Hold[] }>(`/sites/${site.site}/holds`, { signal });
    return answer.ok ? answer.body.holds : answer.refusal;
  });
  const done = (said: string): void => {
    setWanted(null);
    say(t(said));
    void reload();
  };
  return (
    <div class="statistics" aria-busy={busy}>
      <div class="toolbar"><div class="toolbar-title"><h1>{t("view.holds")}</h1></div></div>
      <p class="prose">{t("hold.about")}</p>
      <p class="prose callout callout-care">{t("hold.erase")}</p>
      {may(site, "change_holds") && <AskForm onAsk={(conversation) => setWanted({ step: "ask", conversation })} />}
      {refusal && (
        <div class="callout callout-bad notice-line" role="alert">
          <p>{refusalWords(i18n, refusal)}</p>
          <button type="button" class="button button-small" onClick={() => void reload()}>{t("action.again")}</button>
        </div>
      )}
      {found && found.length === 0 && <p class="soft">{t("hold.nothing")}</p>}
      {found && found.length > 0 && (
        <ul class="holds">
          {found.map((hold) => <Card key={hold.conversation} hold={hold} onRelease={setWanted} onDone={done} />)}
        </ul>
      )}
      {wanted && <HoldDialog {...wanted} onClose={() => setWanted(null)} onDone={() => done(wanted.step === "ask" ? "hold.asked" : "hold.release_asked")} />}
    </div>
  );
}

/** For whoever has been told the number of a conversation, and sees no list of them. */
function AskForm({ onAsk }: { onAsk: (conversation: string) => void }) {
  const { t } = useManage().i18n;
  const [number, setNumber] = useState("");
  const [tried, setTried] = useState(false);
  const right = /^[a-z0-9-]{1,64}$/.test(number.trim());
  const submit = (event: Event): void => {
    event.preventDefault();
    setTried(true);
    if (right) onAsk(number.trim());
  };
  return (
    <form class="ask-hold" onSubmit={submit} noValidate>
      <Field label={t("hold.number")} hint={t("hold.number_hint")} words={tried && !right ? [{ text: t("hold.number_wrong"), lang: undefined }] : []}>
        {(attributes) => <input {...attributes} type="text" autocomplete="off" spellcheck={false} value={number} onInput={(event) => setNumber(event.currentTarget.value)} />}
      </Field>
      <button type="submit" class="button">{t("hold.ask")}</button>
    </form>
  );
}

interface CardProps {
  readonly hold: Hold;
  readonly onRelease: (wanted: Wanted) => void;
  readonly onDone: (said: string) => void;
}

function Card({ hold, onRelease, onDone }: CardProps) {
  const { i18n, me, api, site } = useManage();
  const { t } = i18n;
  const names = useNames([]);
  const { saving, once } = useOnce();
  const [refusal, setRefusal] = useRefusal();
  const standing = hold.release_asked_by ? "release" : hold.holds ? "held" : "asked";
  const asker = hold.release_asked_by ?? (hold.holds ? null : hold.asked_by);
  const confirm = (): Promise<void> => once(async () => {
    const answer = await api.ask(`/sites/${site.site}/conversations/${hold.conversation}/hold/confirm`, { method: "POST", body: {} });
    if (answer.ok) onDone(standing === "release" ? "hold.released" : "hold.confirmed");
    else setRefusal(answer.refusal);
  });
  return (
    <li class="hold">
      <h2><span class="ident">{hold.conversation}</span></h2>
      <p><span class={`state ${standing === "held" ? "state-open" : "state-paused"}`}>{t(`hold.state_${standing}`)}</span></p>
      <p>{names.queue(hold.queue)}{hold.ended !== null && `, ${moment(i18n, hold.ended)}`}</p>
      <p dir="auto">{hold.reason}</p>
      <p class="soft">{t("hold.by", { who: hold.asked_by, when: moment(i18n, hold.asked_at) })}</p>
      {hold.confirmed_by && <p class="soft">{t("hold.confirmed_by", { who: hold.confirmed_by, when: moment(i18n, hold.confirmed_at ?? 0) })}</p>}
      {hold.release_asked_by && (
        <p class="soft">{t("hold.release_by", { who: hold.release_asked_by, when: moment(i18n, hold.release_asked_at ?? 0) })} <span dir="auto">{hold.release_reason}</span></p>
      )}
      {hold.wish !== null && <p class="callout callout-care">{t("past.wished", { when: moment(i18n, hold.wish) })}</p>}
      <Refused refusal={refusal} conflict={t("hold.refused")} />
      {may(site, "change_holds") && (
        <div class="dialog-buttons">
          {asker !== null && asker !== me.id && (
            <button type="button" class="button" aria-disabled={saving} onClick={() => void confirm()}>
              {t(standing === "release" ? "hold.confirm_release" : "hold.confirm")}<span class="vh"> {hold.conversation}</span>
            </button>
          )}
          {asker === me.id && <p class="soft">{t("hold.somebody_else")}</p>}
          {standing !== "release" && (
            <button type="button" class="button" onClick={() => onRelease({ step: "release", conversation: hold.conversation })}>
              {t(hold.holds ? "hold.release" : "hold.withdraw")}<span class="vh"> {hold.conversation}</span>
            </button>
          )}
        </div>
      )}
    </li>
  );
}
