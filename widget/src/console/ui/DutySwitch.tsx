import { useState } from "preact/hooks";
import type { PauseReason } from "../../core/frames";
import type { DeskState } from "../state/model";
import { useConsole } from "./context";
import { worded } from "./names";

const CHOICES = ["available", "paused", "off"] as const;
const REASONS: readonly PauseReason[] = ["break", "meal", "meeting", "documentation", "other"];
type Choice = (typeof CHOICES)[number];

/** Whether one takes visitors now, and how many places are in use. */
export function DutySwitch({ state }: { state: DeskState }) {
  const { i18n, actions } = useConsole();
  const [asked, setAsked] = useState<Choice | null>(null);
  const { t } = i18n;
  const now = asked ?? (state.duty.state === "draining" ? "off" : state.duty.state);
  const choose = async (choice: Choice): Promise<void> => {
    setAsked(choice);
    await actions.setDuty({ state: choice });
    setAsked(null);
  };
  return (
    <div class="duty">
      <div class="segments" role="group" aria-label={t("duty.label")}>
        {CHOICES.map((choice) => (
          <button key={choice} type="button" class={`segment segment-${choice}`} aria-pressed={now === choice}
            onClick={() => void choose(choice)}>
            <span class="dot" aria-hidden="true" />{t(`duty.${choice}`)}
          </button>
        ))}
      </div>
      {state.duty.state === "paused" && <PauseReasons state={state} />}
      <DutyWord state={state} />
      <Load load={state.duty.load} capacity={state.duty.capacity} />
    </div>
  );
}

/** What the service itself has changed, and what follows; a duty that was chosen speaks for itself. */
function DutyWord({ state }: { state: DeskState }) {
  const { i18n } = useConsole();
  const { duty } = state;
  const why = `duty.why.${duty.state}.${duty.reason ?? ""}`;
  const key = i18n.has(why) ? why : duty.state === "draining" ? "duty.draining" : null;
  return <span class={key === null ? "vh" : "duty-word"} role="status">{key !== null && i18n.t(key)}</span>;
}

function PauseReasons({ state }: { state: DeskState }) {
  const { i18n, actions } = useConsole();
  const { t } = i18n;
  const reason = state.duty.reason ?? "";
  const own = REASONS.some((one) => one === reason);
  const choose = (value: string): void => {
    const found = REASONS.find((one) => one === value);
    if (found) void actions.setDuty({ state: "paused", reason: found });
  };
  return (
    <select class="select-small" aria-label={t("duty.reason")} value={reason}
      onChange={(event) => choose(event.currentTarget.value)}>
      {!own && <option value={reason}>{reason ? worded(i18n, "duty.reason", reason) : t("duty.reason.none")}</option>}
      {REASONS.map((one) => <option key={one} value={one}>{t(`duty.reason.${one}`)}</option>)}
    </select>
  );
}

function Load({ load, capacity }: { load: number; capacity: number }) {
  const { i18n } = useConsole();
  const places = Array.from({ length: Math.min(capacity, 8) }, (_, index) => index < load);
  return (
    <div class="load" title={i18n.t("load.words", { load, capacity })}>
      <span class="pips" aria-hidden="true">
        {places.map((used, index) => <span key={index} class={used ? "pip pip-used" : "pip"} />)}
      </span>
      <span aria-hidden="true" class="load-number">{load}/{capacity}</span>
      <span class="vh">{i18n.t("load.words", { load, capacity })}</span>
    </div>
  );
}
