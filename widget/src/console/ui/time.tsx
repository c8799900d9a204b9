import { useEffect, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import { useConsole } from "./context";

const listeners = new Set<(now: number) => void>();
let timer: ReturnType<typeof setInterval> | undefined;

const tick = (): void => listeners.forEach((listener) => listener(Date.now()));

/** Local time, anew each second; all users share one timer. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    listeners.add(setNow);
    timer ??= setInterval(tick, 1_000);
    return () => {
      listeners.delete(setNow);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  }, []);
  return now;
}

/** Minutes and seconds as on a clock: 2:05, 1:02:05. */
export function clockFace(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(total / 3_600);
  const minutes = Math.floor(total / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** A length of time in words, to the minute. */
export function inWords(i18n: I18n, ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return i18n.t("time.under_minute");
  if (minutes < 60) return i18n.n("time.minutes", minutes);
  return i18n.t("time.hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

/** A running time: seconds for the eye, whole minutes for the ear. */
export function Running({ ms }: { ms: number }) {
  const { i18n } = useConsole();
  return (
    <span class="running">
      <span aria-hidden="true">{clockFace(ms)}</span>
      <span class="vh">{inWords(i18n, ms)}</span>
    </span>
  );
}
