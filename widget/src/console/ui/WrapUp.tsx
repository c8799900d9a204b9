import { useId, useState } from "preact/hooks";
import type { Desk } from "../state/desk";
import type { Conversation, DeskState } from "../state/model";
import { useConsole } from "./context";
import { worded } from "./names";
import { FieldError, useRequired } from "./required";
import { Running, useNow } from "./time";

const OUTCOMES = ["helped", "referred", "continues", "interrupted", "no_contact", "misuse"] as const;
/** Fixed words: tags are stored in the clear, so nothing personal may end up in one. */
const TAGS = ["crisis", "mental_health", "substance", "violence", "family", "relationships", "work_study", "housing", "money", "other"] as const;

interface WrapUpProps {
  readonly conversation: Conversation;
  readonly state: DeskState;
}

/** The record of a finished conversation; sending it frees the place. */
export function WrapUp({ conversation, state }: WrapUpProps) {
  const { i18n, actions } = useConsole();
  const [busy, setBusy] = useState(false);
  const outcome = useId();
  const required = useRequired("outcome");
  const lacks = required.missing.includes("outcome");
  const { t } = i18n;
  const submit = async (form: HTMLFormElement): Promise<void> => {
    if (busy || !required.complete(form)) return;
    const fields = new FormData(form);
    const tags = fields.getAll("tag").map(String);
    const order = { conversation: conversation.id, outcome: String(fields.get("outcome") ?? ""), ...(tags.length > 0 ? { tags } : {}) };
    setBusy(true);
    if (!(await actions.wrapUp(order, String(fields.get("note") ?? "")))) setBusy(false);
  };
  return (
    <form class="wrapup" aria-label={t("wrapup.title")} noValidate onInput={required.onInput}
      onSubmit={(event) => { event.preventDefault(); void submit(event.currentTarget); }}>
      <div class="wrapup-head">
        <h3>{t("wrapup.title")}</h3>
        <TimeLeft conversation={conversation} state={state} />
      </div>
      <p class="soft">{worded(i18n, "closed", conversation.reason ?? "other")} {t("wrapup.text")}</p>
      <div class="wrapup-fields">
        <div class="field">
          <label for={outcome}>{t("wrapup.outcome")}</label>
          <select id={outcome} name="outcome" required aria-invalid={lacks} aria-describedby={lacks ? `${outcome}-error` : undefined}>
            <option value="">{t("wrapup.choose")}</option>
            {OUTCOMES.map((one) => <option key={one} value={one}>{t(`outcome.${one}`)}</option>)}
          </select>
          <FieldError id={`${outcome}-error`} text={lacks ? t("wrapup.need_outcome") : null} />
        </div>
        <fieldset class="field tags">
          <legend>{t("wrapup.tags")}</legend>
          {TAGS.map((tag) => <label key={tag} class="tag-choice"><input type="checkbox" name="tag" value={tag} /><span>{t(`tag.${tag}`)}</span></label>)}
        </fieldset>
        <NoteField conversation={conversation} />
      </div>
      <button type="submit" class="button button-main" aria-disabled={busy}>{t("wrapup.submit")}</button>
    </form>
  );
}

/** What was being written for staff, in whichever field: from now on one draft. */
function begun({ drafts }: Desk, id: string): string {
  const text = [drafts.get(id, "staff"), drafts.get(id, "handover")].filter((one) => one.trim() !== "").join("\n");
  drafts.set(id, "staff", text);
  drafts.set(id, "handover", "");
  return text;
}

/** The note starts as the draft that was there: nothing written is lost when a visitor leaves. */
function NoteField({ conversation }: { conversation: Conversation }) {
  const { i18n, desk, actions } = useConsole();
  const note = useId();
  const [text, setText] = useState(() => begun(desk, conversation.id));
  const unsent = desk.drafts.get(conversation.id, "talk").trim();
  const change = (value: string): void => {
    setText(value);
    actions.setDraft(conversation.id, "staff", value);
  };
  return (
    <div class="field">
      <label for={note}>{i18n.t("wrapup.note")}</label>
      <textarea id={note} name="note" rows={2} value={text} onInput={(event) => change(event.currentTarget.value)} />
      {unsent !== "" && <p class="callout callout-care">{i18n.t("wrapup.unsent")} <q dir="auto">{unsent}</q></p>}
    </div>
  );
}

function TimeLeft({ conversation, state }: WrapUpProps) {
  const { i18n } = useConsole();
  const now = useNow();
  if (conversation.wrapUpUntil === null) return null;
  return <p class="soft">{i18n.t("wrapup.left")} <Running ms={conversation.wrapUpUntil - now - state.skew} /></p>;
}
