import { useManage } from "../context";
import type { KnownShift, Shift } from "../core/model";
import { ruleWords } from "../core/rule";
import { wallDay, type Wall } from "../core/time";
import { SaveButton } from "../ui/saving";
import { asInSeries, isSeries, overrideAt, scopesOf, type Scope } from "./shiftForm";
import { briefDay, longDay } from "./text";

interface ScopeProps {
  readonly shift: Shift;
  readonly of: Wall;
  readonly scope: Scope;
  readonly onScope: (scope: Scope) => void;
}

/** Whether only this time is changed, it and those that follow, or the whole series. */
export function ScopeChoice({ shift, of, scope, onScope }: ScopeProps) {
  const { i18n } = useManage();
  const day = longDay(i18n, wallDay(of));
  const words = { time: day, following: i18n.t("shift.from_day", { day }), series: ruleWords(i18n, shift.rule, shift.start) };
  return (
    <fieldset class="field choices scope">
      <legend>{i18n.t("shift.scope")}</legend>
      {scopesOf(shift, of).map((one) => (
        <label key={one} class="choice">
          <input type="radio" name="scope" checked={scope === one} onChange={() => onScope(one)} />
          <span class="choice-name">{i18n.t(`shift.scope_${one}`)}</span>
          <span class="choice-state">{words[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Times of the series that are left out: each can be taken back. */
export function SeriesTools({ shift, onShift }: { shift: Shift; onShift: (shift: Shift) => void }) {
  const { i18n } = useManage();
  if (shift.exdates.length === 0) return null;
  return (
    <details class="left-out">
      <summary>{i18n.n("shift.left_out", shift.exdates.length)}</summary>
      <ul>
        {shift.exdates.slice(-40).map((of) => (
          <li key={of}>{briefDay(i18n, wallDay(of))} {wallDay(of).slice(0, 4)}{" "}
            <button type="button" class="button button-small" onClick={() => onShift(asInSeries(shift, of))}
              aria-label={i18n.t("shift.take_back_day", { day: longDay(i18n, wallDay(of)) })}>{i18n.t("shift.take_back")}</button>
          </li>
        ))}
      </ul>
    </details>
  );
}

interface ButtonsProps {
  readonly known: KnownShift | undefined;
  readonly of: Wall;
  readonly scope: Scope;
  readonly ready: boolean;
  readonly saving: boolean;
  readonly onClose: () => void;
  readonly onShift: (shift: Shift) => void;
  /** Asks whether what the scope says shall really go. */
  readonly onRemove: () => void;
}

/** What the button that takes away is called: this time, it and all that follow, or the whole. */
const takes = (known: KnownShift, scope: Scope): string =>
  !isSeries(known) ? "shift.remove" : { time: "shift.leave_out", following: "shift.remove_following", series: "shift.remove_series" }[scope];

/** Save, cancel, and what takes away: this time, a change of it, what follows, or all. */
export function ShiftButtons({ known, of, scope, ready, saving, onClose, onShift, onRemove }: ButtonsProps) {
  const { t } = useManage().i18n;
  return (
    <div class="dialog-buttons">
      {known && (
        <div class="dialog-side">
          <button type="button" class="button button-end" onClick={onRemove}>{t(takes(known, scope))}</button>
          {scope === "time" && isSeries(known) && overrideAt(known.shift, of) && (
            <button type="button" class="button" onClick={() => onShift(asInSeries(known.shift, of))}>{t("shift.as_series")}</button>
          )}
        </div>
      )}
      <button type="button" class="button" onClick={onClose}>{t("dialog.cancel")}</button>
      <SaveButton ready={ready} saving={saving} />
    </div>
  );
}
