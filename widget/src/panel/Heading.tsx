import { useEffect, useRef } from "preact/hooks";

let opened = false;

/** A person has opened the chat: the focus goes where they begin, now and when the next screen comes. */
export function takeFocus(): void {
  opened = true;
  for (const place of ["dialog[open] button", "#say", "main h2[tabindex]", "h1"]) {
    const found = document.querySelector<HTMLElement>(place);
    if (found) return found.focus();
  }
}

/** The heading of a screen: takes the focus when its screen replaces another, but not when the page has just opened. */
export function Heading({ children }: { children: preact.ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (opened) heading.current?.focus();
    opened = true;
  }, []);
  return <h2 tabIndex={-1} ref={heading}>{children}</h2>;
}
