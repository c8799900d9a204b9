import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { WireMap } from "../src/core/codec";
import { RigSocket } from "./rig/socket";
import { COLLEAGUES, ME } from "./console-scenes";

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types chatsvc-worker";
const KINDS: Readonly<Record<string, string>> = {
  ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".html": "text/html; charset=utf-8",
};

/** What is asked of a passkey to sign in, while nobody has one. */
const NO_PASSKEY = { challenge: "AAAA", timeout: 300_000, rpId: "localhost", userVerification: "required" };

/** A stand-in for the server of the console: a test says what comes over the socket and reads what was sent. */
export class ConsoleRig {
  readonly frames: WireMap[] = [];
  readonly sockets: RigSocket[] = [];
  signedIn = true;
  /** Null: the server can't say. */
  colleagues: readonly WireMap[] | null = COLLEAGUES;
  /** With what somebody can sign in. */
  ways: WireMap = { passwords: true, providers: [] };
  /** The account's own identity provider. */
  provider: string | null = null;
  answer: (frame: WireMap, socket: RigSocket) => void = () => undefined;
  /** Who signs in, and what is asked about their own sign-in: status and body. Null: as the password says. */
  account: ((asked: string, sent: WireMap) => readonly [number, WireMap] | null) = noSecondFactor;
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();

  private constructor(private readonly folder: string) {
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.on("upgrade", (request, stream) => {
      const socket = new RigSocket(request, stream);
      this.sockets.push(socket);
      if (!this.signedIn) socket.close(4001);
      socket.onframe = (frame) => {
        this.frames.push(frame);
        if (frame["type"] === "ping") socket.send({ type: "pong" });
        this.answer(frame, socket);
        for (const look of this.#waiting) look();
      };
    });
  }

  static async start(folder: string): Promise<ConsoleRig> {
    const rig = new ConsoleRig(folder);
    await new Promise<void>((ready) => rig.#server.listen(0, "127.0.0.1", ready));
    return rig;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/console/`;
  }

  get socket(): RigSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("nobody has connected");
    return socket;
  }

  /** The first frame that fits, now or when it comes. */
  frame(fits: (frame: WireMap) => boolean): Promise<WireMap> {
    return new Promise((found) => {
      const look = (): void => {
        const frame = this.frames.find(fits);
        if (!frame) return;
        this.#waiting.delete(look);
        found(frame);
      };
      this.#waiting.add(look);
      look();
    });
  }

  stop(): void {
    for (const socket of this.sockets) socket.cut();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? "/", "http://rig").pathname;
    const send = (status: number, kind: string, body: string | Buffer): void => {
      response.writeHead(status, { "content-type": kind, "content-security-policy": CSP }).end(body);
    };
    if (path === "/api/v1/me") {
      if (this.signedIn) send(200, "application/json", JSON.stringify({ ...ME, role: "counsellor", ...(this.provider ? { provider: this.provider } : {}) }));
      else send(401, "application/problem+json", JSON.stringify({ status: 401, code: "not_signed_in" }));
    } else if (path === "/api/v1/colleagues") {
      if (this.colleagues) send(200, "application/json", JSON.stringify({ colleagues: this.colleagues }));
      else send(503, "application/problem+json", JSON.stringify({ status: 503, code: "store_away" }));
    } else if (path === "/api/v1/sign-in") send(200, "application/json", JSON.stringify(this.ways));
    else if (path.startsWith("/api/v1/login") || path === "/api/v1/oidc/second" || path.startsWith("/api/v1/me/")) this.#account(path, request, send);
    else if (path === "/api/v1/logout") {
      this.signedIn = false;
      response.writeHead(204).end();
    } else this.#file(path === "/console/" ? "/console.html" : path, send);
  }

  #account(path: string, request: IncomingMessage, send: (status: number, kind: string, body: string) => void): void {
    let body = "";
    request.on("data", (bytes: Buffer) => { body += String(bytes); });
    request.on("end", () => {
      const right = body.includes("right");
      const asked = `${request.method ?? ""} ${path.replace("/api/v1", "")}`;
      const [status, found] = this.account(asked, (body ? JSON.parse(body) : {}) as WireMap)
        ?? (path.endsWith("/options") ? [200, { publicKey: NO_PASSKEY }] : null) ?? (right ? [200, { ...ME, role: "counsellor" }] : [401, { status: 401, code: "wrong_login" }]);
      if (/\/(login|second)/.test(path) && !path.startsWith("/api/v1/me") && !path.endsWith("/options")) this.signedIn = status === 200;
      if (status === 204) send(204, "text/plain", "");
      else send(status, status < 300 ? "application/json" : "application/problem+json", JSON.stringify(found));
    });
  }

  #file(path: string, send: (status: number, kind: string, body: string | Buffer) => void): void {
    try {
      send(200, KINDS[extname(path)] ?? "", readFileSync(join(this.folder, path)));
    } catch {
      send(404, "text/plain", "not found");
    }
  }
}

/** What is known of the sign-in of somebody who has a password and nothing else. */
export function noSecondFactor(asked: string): readonly [number, WireMap] | null {
  if (asked === "GET /me/second-factor") return [200, { enrolled: false, required: false, since: null, recovery_left: 0, passkeys: 0 }];
  return asked === "GET /me/passkeys" ? [200, { passkeys: [], most: 10, possible: true }] : null;
}
