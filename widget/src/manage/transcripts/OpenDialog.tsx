import { useManage } from "../context";
import { Dialog } from "../ui/Dialog";
import { useOnce, useRefusal } from "../ui/saving";
import type { Past, Transcript } from "./model";
import { ReasonForm } from "./ReasonForm";
import { moment } from "./text";

interface OpenProps {
  readonly past: Past;
  readonly onOpened: (opened: Transcript) => void;
  readonly onClose: () => void;
}

/** Asks why a conversation is to be read, before anything of it is. */
export function OpenDialog({ past, onOpened, onClose }: OpenProps) {
  const { i18n, api, site } = useManage();
  const { t } = i18n;
  const { saving, once } = useOnce();
  const [refusal, setRefusal] = useRefusal();
  const open = (reason: string): Promise<void> => once(async () => {
    const answer = await api.ask<Transcript>(`/sites/${site.site}/conversations/${past.id}/openings`, { method: "POST", body: { reason } });
    if (answer.ok) onOpened(answer.body);
    else setRefusal(answer.refusal);
  });
  return (
    <Dialog title={t("open.title")} onClose={onClose}>
      <p>{t("open.which", { when: moment(i18n, past.ended) })}</p>
      <p class="callout callout-care">{t("open.recorded")}</p>
      {past.wish !== null && <p class="callout callout-care">{t("past.wished", { when: moment(i18n, past.wish) })}</p>}
      <ReasonForm button={t("open.button")} saving={saving} refusal={refusal} conflict={t("open.nothing")} onReason={(reason) => void open(reason)} onCancel={onClose} />
    </Dialog>
  );
}
