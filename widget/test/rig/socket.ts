import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { decode, encode, type WireMap } from "../../src/core/codec";

const MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The server's end of a WebSocket, as little of RFC 6455 as a browser needs. */
export class RigSocket {
  onframe: (frame: WireMap) => void = () => undefined;
  onclose: () => void = () => undefined;
  /** True makes this a dead socket: it stays open, and nothing goes in or out. */
  dead = false;
  #held = Buffer.alloc(0);

  constructor(
    request: IncomingMessage,
    private readonly stream: Duplex,
  ) {
    const key = String(request.headers["sec-websocket-key"]);
    const accept = createHash("sha1").update(key + MAGIC).digest("base64");
    const protocol = String(request.headers["sec-websocket-protocol"]).split(",")[0];
    stream.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
    stream.on("data", (bytes: Buffer) => this.#take(bytes));
    stream.on("close", () => this.onclose());
    stream.on("error", () => stream.destroy());
  }

  send(frame: WireMap): void {
    if (!this.dead) this.#write(0x82, Buffer.from(encode(frame)));
  }

  close(code: number, reason = ""): void {
    const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
    payload.writeUInt16BE(code);
    payload.write(reason, 2);
    this.#write(0x88, payload);
    this.stream.end();
  }

  /** The line is cut: no close frame. */
  cut(): void {
    this.stream.destroy();
  }

  #write(head: number, payload: Buffer): void {
    const size = payload.length;
    const start =
      size < 126 ? Buffer.from([head, size]) : Buffer.from([head, 126, size >> 8, size & 255]);
    if (!this.stream.destroyed) this.stream.write(Buffer.concat([start, payload]));
  }

  #take(bytes: Buffer): void {
    if (this.dead) return;
    this.#held = Buffer.concat([this.#held, bytes]);
    for (;;) {
      const held = this.#held;
      if (held.length < 6) return;
      const short = (held[1] ?? 0) & 127;
      const start = short === 126 ? 4 : 2;
      const size = short === 126 ? held.readUInt16BE(2) : short;
      const end = start + 4 + size;
      if (held.length < end) return;
      const mask = held.subarray(start, start + 4);
      const payload = held.subarray(start + 4, end).map((byte, i) => byte ^ (mask[i & 3] ?? 0));
      const opcode = (held[0] ?? 0) & 15;
      this.#held = held.subarray(end);
      if (opcode === 8) this.stream.end();
      else if (opcode === 2) this.onframe(decode(payload) as WireMap);
    }
  }
}
