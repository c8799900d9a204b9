import { useCallback, useEffect, useState } from "preact/hooks";
import { may } from "../context";
import type { Api } from "../core/api";
import { useEvery } from "../core/load";
import type { OwnSite } from "../core/model";
import type { Openings } from "./model";

const EVERY_MS = 300_000;

/** How many openings of the site are new to whoever answers for it ("3", or "3+" for at least so many); "" for none. */
export function useNewOpenings(api: Api, site: OwnSite | undefined, shown: boolean): readonly [string, () => void] {
  const [count, setCount] = useState("");
  const watched = shown && site !== undefined && may(site, "read_openings");
  const look = useCallback((): void => {
    if (!watched) return;
    void api.ask<Openings>(`/sites/${site.site}/openings?limit=0`).then((answer) => {
      if (answer.ok) setCount(answer.body.new > 0 ? `${answer.body.new}${answer.body.more ? "+" : ""}` : "");
    });
  }, [api, site, watched]);
  useEffect(() => { setCount(""); look(); }, [look]);
  useEvery(EVERY_MS, look);
  return [count, look];
}
