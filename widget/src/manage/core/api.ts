/** Calls of the HTTP API, each answered by what came or by why not; nothing here throws. */

export interface FieldProblem {
  readonly field: string;
  readonly message: string;
  readonly line?: number | null;
}

/** `status` 0: the server can't be reached. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly problems: readonly FieldProblem[];
  /** Of what is too large: how many bytes it may have. */
  readonly limit?: number;
}

export type Answer<Body> =
  | { readonly ok: true; readonly body: Body; readonly tag: string }
  | { readonly ok: false; readonly refusal: Refusal };

export interface Sent {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  /** The version that this replaces, as an answer's `tag` gave it. */
  readonly version?: string;
  readonly signal?: AbortSignal;
}

const NO_ANSWER: Refusal = { status: 0, code: "away", detail: "", problems: [] };

/** The server's `minima[1].hours` as `minima.1.hours`, so that what begins with a name and a dot lies below it. */
const dotted = (path: string): string => path.replace(/\[(\d+)\]/g, ".$1");

async function refusalOf(response: Response): Promise<Refusal> {
  const found: unknown = await response.json().catch(() => null);
  const body = typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  const text = (name: string): string => (typeof body[name] === "string" ? (body[name] as string) : "");
  const listed = Array.isArray(body["problems"]) ? (body["problems"] as readonly FieldProblem[]) : [];
  const told = listed.length === 0 && text("field") ? [{ field: text("field"), message: text("detail") }] : listed;
  const problems = told.map((one) => ({ ...one, field: dotted(one.field) }));
  const limit = typeof body["limit"] === "number" ? { limit: body["limit"] } : {};
  return { status: response.status, code: text("code"), detail: text("detail"), problems, ...limit };
}

/** Whether somebody else has changed what this was based on. */
export const isStale = (refusal: Refusal): boolean => refusal.status === 412 || refusal.status === 409;

export class Api {
  constructor(private readonly onSignedOut: () => void) {}

  async ask<Body>(path: string, { method = "GET", body, version, signal }: Sent = {}): Promise<Answer<Body>> {
    const file = body instanceof Blob;
    const headers: Record<string, string> = { accept: "application/json" };
    if (body !== undefined) headers["content-type"] = file ? "text/calendar" : "application/json";
    if (version !== undefined) headers["if-match"] = version;
    try {
      const response = await fetch(`/api/v1${path}`, {
        method, headers, ...(signal ? { signal } : {}), ...(body === undefined ? {} : { body: file ? body : JSON.stringify(body) }),
      });
      if (response.status === 401) this.onSignedOut();
      if (!response.ok) return { ok: false, refusal: await refusalOf(response) };
      const found = response.status === 204 ? null : await response.json();
      return { ok: true, body: found as Body, tag: response.headers.get("etag") ?? "" };
    } catch {
      return { ok: false, refusal: NO_ANSWER };
    }
  }
}
