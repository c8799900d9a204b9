/** Which view the address asks for: "#/week?day=2026-11-23". */

import { useEffect, useState } from "preact/hooks";

export interface Route {
  readonly view: string;
  readonly query: Readonly<Record<string, string>>;
}

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { view: path, query: Object.fromEntries(new URLSearchParams(query)) };
}

export function hashOf(view: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((one): one is [string, string] => one[1] !== undefined && one[1] !== "");
  return `#/${view}${given.length > 0 ? `?${new URLSearchParams(given)}` : ""}`;
}

/** The present route, which follows the address. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(parseRoute(location.hash));
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  return route;
}

/** Changes what of a view is shown; the view itself stays, and so does the history. */
export function showQuery(view: string, query: Readonly<Record<string, string | undefined>>): void {
  history.replaceState(null, "", hashOf(view, query));
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}
