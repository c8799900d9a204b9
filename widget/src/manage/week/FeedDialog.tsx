import { useRef, useState } from "preact/hooks";
import { useManage } from "../context";
import { useLoaded } from "../core/load";
import { dayAt } from "../core/time";
import { dateText } from "../core/rule";
import { refusalWords } from "../core/words";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/fields";
import { useOnce, useRefusal } from "../ui/saving";

/** The private address of one's own calendar: made, shown once, ended. */
export function FeedDialog({ onClose }: { onClose: () => void }) {
  const { i18n, api, say } = useManage();
  const { t } = i18n;
  const { found, reload } = useLoaded("feed", async (signal) => {
    const answer = await api.ask<{ created_at: number | null }>("/me/feed", { signal });
    return answer.ok ? answer.body : answer.refusal;
  });
  const [url, setUrl] = useState("");
  const [refusal, setRefusal] = useRefusal();
  const { saving, once } = useOnce();
  const box = useRef<HTMLInputElement>(null);
  const make = async (): Promise<void> => {
    const answer = await api.ask<{ url: string }>("/me/feed", { method: "POST" });
    setRefusal(answer.ok ? null : answer.refusal);
    if (answer.ok) setUrl(answer.body.url);
    await reload();
  };
  const end = async (): Promise<void> => {
    const answer = await api.ask("/me/feed", { method: "DELETE" });
    setRefusal(answer.ok ? null : answer.refusal);
    if (answer.ok) setUrl("");
    await reload();
  };
  const copy = async (): Promise<void> => {
    box.current?.select();
    await navigator.clipboard.writeText(url).then(() => say(t("feed.copied")), () => undefined);
  };
  const since = found?.created_at ?? null;
  return (
    <Dialog title={t("feed.title")} onClose={onClose}>
      <p>{t("feed.text")}</p>
      {refusal && <p class="callout callout-bad" role="alert">{refusalWords(i18n, refusal)}</p>}
      {url && (
        <div class="feed-address">
          <Field label={t("feed.address")} hint={t("feed.once")}>
            {(attributes) => <input {...attributes} ref={box} type="text" readOnly value={url} onFocus={(event) => event.currentTarget.select()} />}
          </Field>
          <button type="button" class="button" onClick={() => void copy()}>{t("feed.copy")}</button>
        </div>
      )}
      {!url && since !== null && <p class="callout">{t("feed.since", { day: dateText(i18n, dayAt(since)) })}</p>}
      <div class="dialog-buttons">
        {since !== null && <button type="button" class="button button-end" aria-disabled={saving} onClick={() => void once(end)}>{t("feed.end")}</button>}
        {url
          ? <button type="button" class="button button-main" onClick={onClose}>{t("dialog.close")}</button>
          : <button type="button" class="button button-main" aria-disabled={saving} onClick={() => void once(make)}>{t(since === null ? "feed.make" : "feed.renew")}</button>}
      </div>
    </Dialog>
  );
}
