import { useEffect, useState } from "preact/hooks";
import type { TalkScreen } from "./Talk";

type Talking = typeof TalkScreen;

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

/** The conversation's part of the page; tries until it is there. */
async function load(): Promise<Talking> {
  const { script, style: sheet } = document.getElementById("app")?.dataset ?? {};
  for (let attempt = 0; ; attempt++) {
    try {
      // A failed import may be remembered under its address: the next attempt takes another one.
      const mark = attempt ? `?${attempt}` : "";
      const [part] = await Promise.all([import(`${script}${mark}`) as Promise<{ TalkScreen: Talking }>, style(`${sheet}${mark}`)]);
      return part.TalkScreen;
    } catch {
      await new Promise((again) => setTimeout(again, Math.min(AGAIN_CAP_MS, 500 * 2 ** attempt)));
    }
  }
}

let loading: Promise<Talking> | null = null;

/** The conversation's screen once it is `wanted` and has come. */
export function useTalkScreen(wanted: boolean): Talking | null {
  const [screen, setScreen] = useState<Talking | null>(null);
  useEffect(() => {
    if (!wanted) return;
    loading ??= load();
    void loading.then((part) => setScreen(() => part));
  }, [wanted]);
  return screen;
}
