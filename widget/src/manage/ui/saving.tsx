import { useEffect, useRef, useState } from "preact/hooks";
import { useManage } from "../context";
import type { Refusal } from "../core/api";

/** One piece of work at a time: what is asked for while one is under way, as by a double click, is left out. */
export function useOnce() {
  const running = useRef(false);
  const [saving, setSaving] = useState(false);
  const once = async (work: () => Promise<void>): Promise<void> => {
    if (running.current) return;
    running.current = true;
    setSaving(true);
    try {
      await work();
    } finally {
      running.current = false;
      setSaving(false);
    }
  };
  return { saving, once };
}

/** Why something was refused; that somebody was signed out holds no longer once they have signed in again. */
export function useRefusal() {
  const { shown } = useManage();
  const held = useState<Refusal | null>(null);
  const [refusal, setRefusal] = held;
  useEffect(() => { if (shown && refusal?.status === 401) setRefusal(null); }, [shown]);
  return held;
}

/** The button that saves a form; while it is under way it says so. */
export function SaveButton({ ready, saving }: { readonly ready: boolean; readonly saving: boolean }) {
  const { t } = useManage().i18n;
  return (
    <button type="submit" class="button button-main" aria-disabled={!ready || saving}>{t(saving ? "action.saving" : "action.save")}</button>
  );
}
