import { useEffect, useRef } from "preact/hooks";
import { Warn } from "../../console/ui/icons";
import { useManage } from "../context";
import { isStale } from "../core/api";
import { useDryRun } from "../core/dryRun";
import type { KnownShift, SwapTouched } from "../core/model";
import type { Wall } from "../core/time";
import { refusalWords, type Known } from "../core/words";
import { useWords } from "../ui/fields";
import { isSeries, withoutTime, type Scope } from "./shiftForm";
import { swapLines } from "./text";

/** What is sent to take a time of a shift, it and what follows, or all of it out of the plan. */
export function removalOf(base: string, known: KnownShift, of: Wall, scope: Scope) {
  const path = `${base}/${known.id}`;
  if (isSeries(known) && scope === "time") return { path, method: "PUT", body: withoutTime(known.shift, of), done: "shift.changed" } as const;
  return { path: scope === "following" ? `${path}?following=${of}` : path, method: "DELETE", body: undefined, done: "shift.removed" } as const;
}

interface RemoveProps {
  readonly known: KnownShift;
  readonly of: Wall;
  readonly scope: Scope;
  readonly version: string;
  readonly names: Known;
  readonly saving: boolean;
  readonly onKeep: () => void;
  readonly onRemove: () => void;
}

/** Asks once more, and says which swaps end with it. */
export function RemoveShift({ known, of, scope, version, names, saving, onKeep, onRemove }: RemoveProps) {
  const { i18n, site } = useManage();
  const { t } = i18n;
  const words = useWords(names);
  const keep = useRef<HTMLButtonElement>(null);
  const { path, method, body } = removalOf(`/sites/${site.site}/shifts`, known, of, scope);
  const { verdict } = useDryRun<{ swaps: readonly SwapTouched[] }>(path, method, body ?? true, version);
  useEffect(() => keep.current?.focus(), []);
  const refusal = verdict?.refusal && !isStale(verdict.refusal) ? verdict.refusal : null;
  const why = refusal && (refusal.problems.length > 0 ? words(refusal.problems).map((one) => one.text) : [refusalWords(i18n, refusal)]);
  const lines = [...(why ?? []), ...swapLines(i18n, verdict?.body?.swaps ?? [], names.person)];
  const sure = !isSeries(known) ? "shift.sure" : `shift.sure_${scope}`;
  return (
    <div class="callout callout-care sure" role="alert">
      <p>{t(sure)}</p>
      {lines.map((line) => <p key={line} class="verdict-line"><Warn />{line}</p>)}
      <div class="dialog-buttons">
        <button type="button" class="button" ref={keep} onClick={onKeep}>{t("shift.keep")}</button>
        <button type="button" class="button button-end" aria-disabled={saving} onClick={onRemove}>
          {t(isSeries(known) && scope === "time" ? "shift.leave_out" : "shift.remove")}
        </button>
      </div>
    </div>
  );
}
