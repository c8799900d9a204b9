import { useLayoutEffect } from "preact/hooks";

/** Lets the browser ask before the page goes, while something written would be lost with it: nothing of it is stored here. */
export function useUnsentWarning(unsent: boolean): void {
  useLayoutEffect(() => {
    if (!unsent) return;
    const ask = (event: BeforeUnloadEvent) => {
      // A quick exit has emptied the screen: it must not be held up.
      if (document.body.hidden) return;
      event.preventDefault();
      event.returnValue = true;
    };
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [unsent]);
}
