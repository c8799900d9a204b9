/** Asks the server, while a form is being filled in, what saving it would do. */

import { useEffect, useState } from "preact/hooks";
import { useManage } from "../context";
import type { Refusal } from "./api";

export interface Verdict<Body> {
  /** The question that this answers, as JSON. */
  readonly asked: string;
  readonly body: Body | null;
  readonly refusal: Refusal | null;
}

/** So long after the last key the server is asked. */
const PAUSE_MS = 300;

/** The answer to the latest question; `busy` until it is there. A question of null is not asked; a removal has no body. */
export function useDryRun<Body>(path: string, method: "POST" | "PUT" | "DELETE", question: unknown, version: string) {
  const { api, shown } = useManage();
  const asked = question === null ? "" : JSON.stringify(question);
  const [verdict, setVerdict] = useState<Verdict<Body> | null>(null);
  useEffect(() => {
    if (!asked || !shown) {
      setVerdict(null);
      return;
    }
    const control = new AbortController();
    const timer = setTimeout(() => {
      const body = method === "DELETE" ? {} : { body: JSON.parse(asked) as unknown };
      const sent = { method, signal: control.signal, ...body, ...(method === "POST" ? {} : { version }) };
      void api.ask<Body>(`${path}${path.includes("?") ? "&" : "?"}dry_run=true`, sent).then((answer) => {
        if (control.signal.aborted) return;
        setVerdict(answer.ok ? { asked, body: answer.body, refusal: null } : { asked, body: null, refusal: answer.refusal });
      });
    }, PAUSE_MS);
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [asked, path, method, version, shown]);
  return { verdict, busy: asked !== "" && verdict?.asked !== asked };
}
