import type { ComponentChildren } from "preact";

/** A wide table that scrolls by itself, by keyboard too, so that the page does not. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return <div class="table-scroll flat figures-scroll" role="region" aria-labelledby={label} tabIndex={0}>{children}</div>;
}
