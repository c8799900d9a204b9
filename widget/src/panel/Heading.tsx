import { useEffect, useRef } from "preact/hooks";

let opened = false;

/** The heading of a screen: takes the focus when its screen replaces another, but not when the page has just opened. */
export function Heading({ children }: { children: preact.ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (opened) heading.current?.focus();
    opened = true;
  }, []);
  return <h2 tabIndex={-1} ref={heading}>{children}</h2>;
}
