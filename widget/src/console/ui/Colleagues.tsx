import { useEffect, useId, useState } from "preact/hooks";
import { fetchColleagues, type Colleague } from "../state/api";
import type { Conversation } from "../state/model";
import { useConsole } from "./context";
import { worded } from "./names";
import { FieldError } from "./required";

/** Whether somebody is free changes while the dialog is open. */
const ASK_AGAIN_MS = 10_000;

type Known = readonly Colleague[] | "loading" | "failed";
/** Why a colleague can't be chosen, as a key of the texts; null when they can. */
type WhyNot = (one: Colleague, all: readonly Colleague[]) => string | null;

/** Who is at work, kept up to date; what was known stays when asking again fails. */
export function useColleagues() {
  const [known, setKnown] = useState<Known>("loading");
  const ask = async (): Promise<void> => {
    try {
      setKnown(await fetchColleagues());
    } catch {
      setKnown((held) => (typeof held === "string" ? "failed" : held));
    }
  };
  useEffect(() => {
    void ask();
    const timer = setInterval(() => void ask(), ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const retry = (): void => {
    setKnown("loading");
    void ask();
  };
  const find = (id: string): Colleague | undefined =>
    typeof known === "string" ? undefined : known.find((one) => one.id === id);
  /** Passes on how an order to a colleague went; a refused one means that things have changed. */
  const after = async (order: Promise<boolean>): Promise<boolean> => {
    const done = await order;
    if (!done) void ask();
    return done;
  };
  return { known, retry, find, after };
}

/** A transfer needs a free place. */
export const whyNotTransfer: WhyNot = (one) => {
  if (one.state !== "available") return `colleague.${one.state}`;
  return one.free > 0 ? null : "colleague.full";
};

/** Joining takes no place, and may also be asked of somebody who is paused. */
export function whyNotConsult(one: Colleague, all: readonly Colleague[], conversation: Conversation): string | null {
  const unique = all.filter((other) => other.alias === one.alias).length === 1;
  if (unique && conversation.participants.some((there) => there.alias === one.alias)) return "colleague.joined";
  return one.state === "available" || one.state === "paused" ? null : `colleague.${one.state}`;
}

interface ColleagueFieldProps {
  readonly known: Known;
  readonly retry: () => void;
  readonly why: WhyNot;
  /** Nobody was chosen, and somebody must be. */
  readonly lacks: boolean;
}

/** One colleague to choose, with how each of them stands. */
export function ColleagueField({ known, retry, why, lacks }: ColleagueFieldProps) {
  const { i18n } = useConsole();
  const error = useId();
  const { t } = i18n;
  if (known === "loading") return <p class="empty" role="status">{t("colleague.loading")}</p>;
  if (known === "failed") {
    return (
      <div class="callout callout-care" role="alert">
        <p>{t("colleague.failed")}</p>
        <button type="button" class="button button-small" onClick={retry}>{t("colleague.retry")}</button>
      </div>
    );
  }
  if (known.length === 0) return <p class="empty" role="status">{t("colleague.nobody")}</p>;
  const open = known.filter((one) => why(one, known) === null);
  return (
    <fieldset class="field choices" role="radiogroup" aria-required aria-invalid={lacks} aria-describedby={lacks ? error : undefined}>
      <legend>{t("colleague.choose")}</legend>
      {known.map((one) => <Choice key={one.id} one={one} why={why(one, known)} only={open.length === 1} />)}
      {open.length === 0
        ? <p class="soft" role="status">{t("colleague.none_can")}</p>
        : <FieldError id={error} text={lacks ? t("colleague.need") : null} />}
    </fieldset>
  );
}

interface ChoiceProps {
  readonly one: Colleague;
  readonly why: string | null;
  /** The only one who can be chosen is chosen already. */
  readonly only: boolean;
}

function Choice({ one, why, only }: ChoiceProps) {
  const { i18n } = useConsole();
  const { t } = i18n;
  const free = one.state === "available" && one.free > 0;
  const reason = one.state === "paused" && one.reason ? `: ${worded(i18n, "duty.reason", one.reason)}` : "";
  const stands = one.state !== "available" ? t(`colleague.${one.state}`) + reason : free ? i18n.n("colleague.free", one.free) : t("colleague.full");
  return (
    <label class={why === null ? "choice" : "choice choice-off"}>
      <input type="radio" name="counsellor" value={one.id} defaultChecked={only && why === null} disabled={why !== null} />
      <span class="choice-name">{one.alias}</span>
      <span class="choice-state"><span class={free ? "dot dot-free" : "dot"} aria-hidden="true" />{why === null || why === `colleague.${one.state}` ? stands : t(why)}</span>
    </label>
  );
}
