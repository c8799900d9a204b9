import { useEffect, useState } from "preact/hooks";
import type { PuzzleFrame } from "../core/frames";
import type { Out } from "./view";

/** What is loaded once it is needed: the page before joining, and the conversation. */
type Later = Pick<typeof import("./Talk"), "AskScreen" | "chime" | "Erased" | "StartForeign" | "Replaced" | "TalkScreen" | "UnavailableScreen" | "work">;

const AGAIN_CAP_MS = 8_000;

function style(href: string): Promise<void> {
  return new Promise((loaded, failed) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = () => loaded();
    link.onerror = () => {
      link.remove();
      failed(new Error("no style"));
    };
    document.head.append(link);
  });
}

/** That part of the page; tries until it is there. */
async function load(): Promise<Later> {
  const { script, style: sheet } = document.getElementById("app")?.dataset ?? {};
  for (let attempt = 0; ; attempt++) {
    try {
      // A failed import may be remembered under its address: the next attempt takes another one.
      const mark = attempt ? `?${attempt}` : "";
      const [part] = await Promise.all([import(`${script}${mark}`) as Promise<Later>, style(`${sheet}${mark}`)]);
      return part;
    } catch {
      await new Promise((again) => setTimeout(again, Math.min(AGAIN_CAP_MS, 500 * 2 ** attempt)));
    }
  }
}

let loading: Promise<Later> | null = null;

const part = (): Promise<Later> => (loading ??= load());

/** What answers a puzzle, worked out beside the page. */
export const work = (puzzle: PuzzleFrame): Promise<Out> => part().then((later) => later.work(puzzle));

/** A sound, once what makes it is there: whoever waits has it. */
export const chime = (): void => void loading?.then((later) => later.chime());

/** The screens that come later, once they are `wanted` and have come. */
export function useLater(wanted: boolean): Later | null {
  const [screens, setScreens] = useState<Later | null>(null);
  useEffect(() => {
    if (!wanted) return;
    void part().then(setScreens);
  }, [wanted]);
  return screens;
}
