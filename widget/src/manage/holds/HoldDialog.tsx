import { useManage } from "../context";
import { Dialog } from "../ui/Dialog";
import { useOnce, useRefusal } from "../ui/saving";
import { ReasonForm } from "../transcripts/ReasonForm";

interface HoldProps {
  readonly step: "ask" | "release";
  readonly conversation: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Asks for a hold or for its release, with a reason; says what it does to the visitor's own wish. */
export function HoldDialog({ step, conversation, onDone, onClose }: HoldProps) {
  const { i18n: { t }, api, site } = useManage();
  const { saving, once } = useOnce();
  const [refusal, setRefusal] = useRefusal();
  const take = (reason: string): Promise<void> => once(async () => {
    const answer = await api.ask(`/sites/${site.site}/conversations/${encodeURIComponent(conversation)}/hold/${step}`, { method: "POST", body: { reason } });
    if (answer.ok) onDone();
    else setRefusal(answer.refusal);
  });
  return (
    <Dialog title={t(`hold.${step}_title`)} onClose={onClose}>
      <p class="ident">{conversation}</p>
      <p>{t(`hold.${step}_about`)}</p>
      {step === "ask" && <p class="callout callout-care">{t("hold.erase")}</p>}
      <ReasonForm button={t(`hold.${step}`)} saving={saving} refusal={refusal} conflict={t("hold.refused")} onReason={(reason) => void take(reason)} onCancel={onClose} />
    </Dialog>
  );
}
