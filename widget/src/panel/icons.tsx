import type { MORE } from "./drawings";

const PATHS = {
  minimise: "M6 12h12",
  exit: "M10 5H6a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h4M14 8l4 4-4 4M18 12H9",
  check: "m5 12.5 4.5 4.5L19 7.5",
  alert: "M12 4 2.8 19.5h18.4L12 4zM12 10v4.5M12 17.2v.1",
  phone: "M6.5 3.5h3l1.5 4-2 1.5a12 12 0 0 0 6 6l1.5-2 4 1.5v3a2 2 0 0 1-2.2 2A17 17 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2z",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
  back: "M15 5l-7 7 7 7",
  next: "m9 5 7 7-7 7",
} as const;
const drawn: Record<string, string> = PATHS;

/** Adds drawings that are loaded later. */
export const draw = (more: Readonly<Record<string, string>>): void => void Object.assign(drawn, more);

/** A drawing beside a text, never instead of one. */
export function Icon({ name }: { name: keyof typeof PATHS | keyof typeof MORE }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={drawn[name]} />
    </svg>
  );
}
