import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { WireMap } from "../../src/core/codec";
import { RigSocket } from "./socket";

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "worker-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types chatsvc-worker";
const KINDS: Readonly<Record<string, string>> = {
  ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".html": "text/html; charset=utf-8",
};
/** A municipality's page at its worst: strict policy, styles that reach for everything, the launcher pasted twice. */
const HOSTILE = `* { display: none !important; position: static !important; color: red !important; font-size: 40px !important }
html, head, body, p { display: block !important } button, iframe { width: 3px !important; opacity: 0.1 !important }`;

export const texts = (fi: string, sv: string, en: string) => ({ fi, sv, en });

/** What the rig's site says about a queue. */
export function statusOf(queue: string, more: WireMap = {}): WireMap {
  return {
    type: "status", site: "kunta", queue, state: "open", waiting: 3, estimate_s: [240, 540], opens_at: null, questions: [],
    names: queue === "paihde"
      ? texts("Päihdeneuvonta", "Missbruksrådgivning", "Substance use counselling")
      : texts("Mielenterveysneuvonta", "Rådgivning om psykisk hälsa", "Mental health counselling"),
    languages: ["fi", "sv", "en"],
    notice: texts(
      "Keskustelu on luottamuksellinen. Viestit säilytetään salattuina 30 päivää ja poistetaan sitten.",
      "Samtalet är konfidentiellt. Meddelandena sparas krypterade i 30 dagar och raderas sedan.",
      "The chat is confidential. Messages are kept encrypted for 30 days and then deleted.",
    ),
    notice_url: texts("https://kunta.example/tietosuoja", "https://kunta.example/dataskydd", "https://kunta.example/privacy"),
    emergency: [{ names: texts("Hätänumero", "Nödnummer", "Emergency number"), phone: "112", url: null, hours: {} }],
    alternatives: [
      {
        names: texts("Kriisipuhelin", "Kristelefonen", "Crisis Helpline"), phone: "09 2525 0111", url: null,
        hours: texts("Joka päivä ympäri vuorokauden", "Varje dag dygnet runt", "Every day, around the clock"),
      },
      { names: texts("Terveysasema", "Hälsostationen", "Health centre"), phone: null, url: "https://kunta.example/terveys", hours: texts("ma–pe 8–16", "mån–fre 8–16", "Mon–Fri 8–16") },
    ],
    resume: null,
    ...more,
  };
}

/** A stand-in for the server, driven by the test: it serves the built files and lets the test speak on the visitor's socket. */
export class Rig {
  readonly sockets: RigSocket[] = [];
  readonly frames: WireMap[] = [];
  readonly requests: string[] = [];
  readonly beacons: string[] = [];
  /** New sockets open once this is done. */
  gate: Promise<void> = Promise.resolve();
  answer: (frame: WireMap, socket: RigSocket) => void = () => undefined;
  #server: Server;
  #waiting: { type: string; from: number; found: (frame: WireMap) => void }[] = [];

  private constructor(private readonly folder: string) {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://rig");
      this.requests.push(url.pathname);
      if (request.method === "POST") {
        request.on("data", (bytes: Buffer) => this.beacons.push(String(bytes)));
        response.writeHead(204).end();
        return;
      }
      this.#page(url, request.headers.host ?? "", (status, kind, body, headers = {}) =>
        response.writeHead(status, { "content-type": kind, ...headers }).end(body));
    });
    this.#server.on("upgrade", (request, stream) => {
      void this.gate.then(() => {
        const socket = new RigSocket(request, stream);
        this.sockets.push(socket);
        socket.onframe = (frame) => this.#heard(frame, socket);
      });
    });
  }

  static async start(folder: string): Promise<Rig> {
    const rig = new Rig(folder);
    await new Promise<void>((ready) => rig.#server.listen(0, "127.0.0.1", ready));
    return rig;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get chat(): string {
    return `http://chat.localhost:${this.port}`;
  }

  get site(): string {
    return `http://kunta.localhost:${this.port}`;
  }

  get socket(): RigSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("nobody has connected");
    return socket;
  }

  /** The next frame of a type that has not been waited for, or one that has come since `from` frames were there. */
  async frame(type: string, from = 0): Promise<WireMap> {
    const there = this.frames.slice(from).find((frame) => frame["type"] === type);
    return there ?? new Promise((found) => this.#waiting.push({ type, from, found }));
  }

  stop(): void {
    for (const socket of this.sockets) socket.cut();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #heard(frame: WireMap, socket: RigSocket): void {
    this.frames.push(frame);
    if (frame["type"] === "ping") socket.send({ type: "pong" });
    this.answer(frame, socket);
    for (const one of [...this.#waiting]) {
      if (one.type !== frame["type"] || this.frames.length <= one.from) continue;
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      one.found(frame);
    }
  }

  #page(url: URL, host: string, send: (status: number, kind: string, body: string | Buffer, headers?: Record<string, string>) => void): void {
    const html = KINDS[".html"] ?? "";
    if (host.startsWith("kunta.")) {
      const tag = `<script src="${this.chat}/w.js" data-site="kunta" data-queue="${url.searchParams.get("queue") ?? "paihde"}" data-lang="${url.searchParams.get("lang") ?? "fi"}" async></script>`;
      const hostile = url.pathname === "/hostile";
      const style = hostile ? `<link rel="stylesheet" href="/hostile.css">` : "";
      if (url.pathname === "/hostile.css") return send(200, "text/css", HOSTILE);
      const policy = hostile
        ? { "content-security-policy": `default-src 'none'; script-src ${this.chat}; frame-src ${this.chat}; style-src 'self'; require-trusted-types-for 'script'` }
        : undefined;
      return send(200, html, `<!doctype html><html lang="fi"><meta charset="utf-8"><title>Kunta</title><meta name="viewport" content="width=device-width, initial-scale=1">${style}<body><main><h1>Kunnan sivu</h1><p><a href="/toinen">Toinen sivu</a></p></main>${tag}${hostile ? tag : ""}</body></html>`, policy);
    }
    if (url.pathname === "/panel" || url.pathname.startsWith("/chat/")) {
      const { emergency, alternatives } = statusOf("paihde");
      const help = JSON.stringify({ emergency, alternatives }).replaceAll('"', "&quot;");
      const page = readFileSync(join(this.folder, "panel.html"), "utf8").replace("__EMBEDDERS__", this.site).replace("__HELP__", help);
      return send(200, html, page, { "content-security-policy": CSP });
    }
    try {
      send(200, KINDS[extname(url.pathname)] ?? "", readFileSync(join(this.folder, url.pathname)));
    } catch {
      send(404, "text/plain", "not found");
    }
  }
}
