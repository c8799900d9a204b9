import { useLayoutEffect } from "preact/hooks";

/** Asks before the page is left while something is typed that is not saved. */
export function useLeaveGuard(unsaved: boolean): void {
  useLayoutEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [unsaved]);
}
