/** Which key means what. One-key shortcuts never act while somebody writes, and can be turned off. */

export type Command =
  | { readonly do: "take" | "accept" | "decline" | "reply" | "help" }
  | { readonly do: "slot"; readonly slot: number }
  | { readonly do: "step"; readonly by: 1 | -1 };

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly repeat: boolean;
  /** Somebody is writing in a field, or composing a character. */
  readonly writing: boolean;
  /** AltGr writes characters such as @ and must stay with the keyboard's layout. */
  readonly altGraph: boolean;
}

const ONE_KEY: Readonly<Record<string, "take" | "accept" | "decline" | "reply" | "help">> = {
  n: "take", a: "accept", d: "decline", r: "reply", "?": "help",
};

export function commandFor(press: KeyPress, oneKey: boolean): Command | null {
  if (press.repeat || press.ctrlKey || press.metaKey || press.altGraph) return null;
  if (press.altKey) return withAlt(press);
  if (press.writing || !oneKey) return null;
  const name = ONE_KEY[press.key.toLowerCase()];
  return name ? { do: name } : null;
}

function withAlt(press: KeyPress): Command | null {
  const digit = /^Digit([1-9])$/.exec(press.code);
  if (digit) return { do: "slot", slot: Number(digit[1]) };
  if (press.code === "ArrowDown") return { do: "step", by: 1 };
  if (press.code === "ArrowUp") return { do: "step", by: -1 };
  return null;
}

const NOT_WRITTEN_IN: ReadonlySet<string> = new Set(["button", "checkbox", "radio", "submit", "reset"]);

/** Whether letters typed now would go into `target`. */
export function isWritingIn(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !NOT_WRITTEN_IN.has(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

export function pressOf(event: KeyboardEvent): KeyPress {
  const { key, code, altKey, ctrlKey, metaKey, repeat } = event;
  const writing = event.isComposing || isWritingIn(event.target);
  return { key, code, altKey, ctrlKey, metaKey, repeat, writing, altGraph: event.getModifierState("AltGraph") };
}
