import { useState } from "preact/hooks";
import { useManage } from "../context";
import type { Refusal } from "../core/api";
import { refusalWords } from "../core/words";
import { Field } from "../ui/fields";

const LEAST = 10;
const MOST = 500;

interface ReasonProps {
  readonly button: string;
  readonly saving: boolean;
  readonly refusal: Refusal | null;
  /** What a refusal with 409 means here. */
  readonly conflict: string;
  readonly onReason: (reason: string) => void;
  readonly onCancel: () => void;
}

/** Asks for a written reason; says who will read it, and what must not stand in it. */
export function ReasonForm({ button, saving, refusal, conflict, onReason, onCancel }: ReasonProps) {
  const { t } = useManage().i18n;
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const length = reason.trim().replace(/\s+/g, " ").length;
  const wrong = length < LEAST || length > MOST || refusal?.status === 400;
  const submit = (event: Event): void => {
    event.preventDefault();
    setTried(true);
    if (!saving && length >= LEAST && length <= MOST) onReason(reason);
  };
  return (
    <form class="form" onSubmit={submit} noValidate>
      <Field label={t("reason.label")} hint={t("reason.hint")}
        words={tried && wrong ? [{ text: t("reason.length", { least: LEAST, most: MOST }), lang: undefined }] : []}>
        {(attributes) => (
          <textarea {...attributes} rows={4} autocomplete="off" value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        )}
      </Field>
      <Refused refusal={refusal} conflict={conflict} />
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={onCancel}>{t("dialog.cancel")}</button>
        <button type="submit" class="button button-main" aria-disabled={saving}>{saving ? t("action.saving") : button}</button>
      </div>
    </form>
  );
}

/** Why nothing was done. */
export function Refused({ refusal, conflict }: { readonly refusal: Refusal | null; readonly conflict: string }) {
  const { i18n } = useManage();
  if (!refusal || refusal.status === 400) return null;
  return <p class="callout callout-bad" role="alert">{refusal.status === 409 ? conflict : refusalWords(i18n, refusal)}</p>;
}
