import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { NOW, occurrences, SHIFTS, SITE, STAFF } from "./manage-scenes";

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types chatsvc-worker";
const KINDS: Readonly<Record<string, string>> = {
  ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".html": "text/html; charset=utf-8",
};

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly version: string | undefined;
}

export interface Said {
  readonly status?: number;
  readonly body?: unknown;
  readonly tag?: string;
}

type Answer = (asked: Asked) => Said | Promise<Said>;

/** A stand-in for the server of the planning page: a test changes single answers and reads what was asked. */
export class ManageRig {
  readonly asked: Asked[] = [];
  readonly answers = new Map<string, Answer>();
  me: Record<string, unknown> = { id: "helmi", alias: "Helmi", role: "supervisor", capacity: 3, languages: [], queues: [], sites: [SITE] };
  readonly #server: Server;

  private constructor(private readonly folder: string) {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    const site = "/sites/kunta";
    const says = (path: string, body: () => unknown, tag = "7"): void => void this.answers.set(`GET ${path}`, () => ({ body: body(), tag }));
    says("/me", () => this.me);
    says(`${site}/roster`, () => ({ version: 7, start: 0, end: 0, occurrences: occurrences(), overlaps: [], void: [] }));
    says(`${site}/shifts`, () => ({ version: 7, shifts: SHIFTS.map((one) => ({ ...one, sequence: 0 })), broken: [] }));
    says(`${site}/absences`, () => ({ version: 7, absences: [] }));
    says(`${site}/swaps`, () => ({ version: 7, swaps: [] }));
    says(`${site}/staff`, () => ({ staff: STAFF }));
    says(`${site}/late`, () => ({ now: NOW, after_ms: 300_000, late: [] }));
    says(`${site}/coverage`, () => ({ version: 7, start: 0, end: 0, covers: [], missing: [] }));
    says("/holidays", () => ({ year: 2026, holidays: [{ date: "2026-12-06", names: { fi: "Itsenäisyyspäivä", sv: "Självständighetsdagen", en: "Independence Day" } }] }));
    for (const { queue } of SITE.queues) {
      says(`${site}/queues/${queue}/hours`, () => ({ hours: { mon: ["09:00-17:00"], wed: ["09:00-17:00"], fri: ["20:00-02:00"], holidays: "closed" } }));
      says(`${site}/queues/${queue}/minima`, () => ({ minima: [] }));
    }
  }

  static async start(folder: string): Promise<ManageRig> {
    const rig = new ManageRig(folder);
    await new Promise<void>((ready) => rig.#server.listen(0, "127.0.0.1", ready));
    return rig;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/manage/`;
  }

  answer(call: string, answer: Answer): void {
    this.answers.set(call, answer);
  }

  /** What was asked by a method of a path, oldest first. */
  calls(method: string, path: string): readonly Asked[] {
    return this.asked.filter((one) => one.method === method && one.path === path);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://rig");
    if (!pathname.startsWith("/api/v1/")) return this.#file(pathname === "/manage/" ? "/manage.html" : pathname, response);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const body: unknown = text.startsWith("{") ? JSON.parse(text) : text;
    const asked = { method: request.method ?? "", path: pathname.slice(7), query: searchParams, body, version: request.headers["if-match"] };
    this.asked.push(asked);
    const answer = this.answers.get(`${asked.method} ${asked.path}`);
    const { status = 200, body: said = {}, tag } = answer ? await answer(asked) : { status: 404, body: { status: 404, code: "not_found", detail: "There is no such thing." } };
    response.writeHead(status, {
      "content-type": status < 400 ? "application/json" : "application/problem+json", date: new Date(NOW).toUTCString(), ...(tag ? { etag: `"${tag}"` } : {}),
    });
    response.end(status === 204 ? "" : JSON.stringify(said));
  }

  #file(path: string, response: ServerResponse): void {
    try {
      const content = readFileSync(join(this.folder, path));
      response.writeHead(200, { "content-type": KINDS[extname(path)] ?? "", "content-security-policy": CSP }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  }
}
