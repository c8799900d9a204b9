/** The few HTTP calls of the console. */

import type { DutyState } from "../../core/frames";
import type { PasskeyOptions } from "./passkeys";

export interface Person {
  readonly id: string;
  readonly alias: string;
  readonly role: string;
  /** The identity provider that the account is of. */
  readonly provider?: string;
}

/** Somebody at work who could take over or join. `free`: how many more visitors they can take. */
export interface Colleague {
  readonly id: string;
  readonly alias: string;
  readonly state: DutyState;
  readonly free: number;
  readonly reason?: string | null;
}

/** What an authenticator app needs; `picture` is a QR code as a `data:` address. */
export interface Enrolment {
  readonly token: string;
  readonly secret: string;
  readonly uri: string;
  readonly picture: string;
}

/** `code` is a key of the texts; `detail` is the server's own sentence when there is no such text. */
export interface Refusal {
  readonly code: "wrong" | "limited" | "forbidden" | "away" | "totp" | "setup" | "code" | "passkey" | "passkey_refused" | "expired" | "other";
  readonly detail: string;
  /** With `setup`: the app has to be set up first. */
  readonly enrolment?: Enrolment;
  /** With `totp` and `passkey`: a passkey will do. */
  readonly passkeys?: PasskeyOptions;
}

/** A person and what the server's clock said: server time less local time, ms. */
export interface SignedIn {
  readonly person: Person;
  readonly skew: number;
  /** Codes for when the phone is gone: only when the app was set up just now. */
  readonly recovery?: readonly string[];
}

/** What somebody signs in with; `enrolment` is the token of an offer to set up an app. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly totp?: string;
  readonly enrolment?: string;
  readonly passkey?: object;
}

export type LoginResult = SignedIn | { readonly refusal: Refusal };

const BY_STATUS: Readonly<Record<number, Refusal["code"]>> = {
  400: "wrong", 401: "wrong", 403: "forbidden", 422: "wrong", 429: "limited",
};

function isPerson(value: unknown): value is Person {
  return typeof value === "object" && value !== null && "id" in value && "alias" in value;
}

async function problem(response: Response): Promise<Refusal> {
  const body: unknown = await response.json().catch(() => null);
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const detail = [fields["detail"], fields["title"]].find((one) => typeof one === "string") ?? "";
  const passkeys = fields["passkey"] ? { passkeys: fields["passkey"] as PasskeyOptions } : {};
  if (fields["code"] === "totp_required") return { code: "totp", detail: String(detail), ...passkeys };
  if (fields["code"] === "passkey_required") return { code: "passkey", detail: String(detail), ...passkeys };
  if (fields["code"] === "wrong_passkey") return { code: "passkey_refused", detail: String(detail) };
  if (fields["code"] === "not_begun") return { code: "expired", detail: String(detail) };
  if (fields["code"] === "wrong_code") return { code: "code", detail: String(detail) };
  if (fields["code"] === "enrolment_required") {
    return { code: "setup", detail: String(detail), enrolment: fields["enrolment"] as Enrolment };
  }
  const code = BY_STATUS[response.status] ?? (response.status >= 500 ? "away" : "other");
  return { code, detail: String(detail) };
}

/** From the Date header, whole seconds: a difference that it can't tell from none counts as none. */
function skewOf(response: Response): number {
  const server = Date.parse(response.headers.get("date") ?? "");
  const skew = server + 500 - Date.now();
  return Number.isFinite(skew) && Math.abs(skew) > 2_000 ? skew : 0;
}

const json = { "content-type": "application/json" };

/** The person whose session the cookie carries; null when nobody is signed in. Throws when the server can't be reached. */
export async function whoAmI(): Promise<SignedIn | null> {
  const response = await fetch("/api/v1/me", { headers: { accept: "application/json" } });
  if (response.status === 401 || response.status === 403) return null;
  const body: unknown = await response.json();
  if (!response.ok || !isPerson(body)) throw new Error("no answer");
  return { person: body, skew: skewOf(response) };
}

export const login = (credentials: Credentials): Promise<LoginResult> => enter("/api/v1/login", credentials);
export const loginWithPasskey = (passkey: object): Promise<LoginResult> => enter("/api/v1/login/passkey", { passkey });

/** What a passkey answers to sign in; null when the server can't be reached or has no passkeys. */
export async function askPasskey(): Promise<PasskeyOptions | null> {
  try {
    const response = await fetch("/api/v1/login/passkey/options", { method: "POST", headers: json, body: "{}" });
    return response.ok ? ((await response.json()) as { publicKey: PasskeyOptions }).publicKey : null;
  } catch {
    return null;
  }
}

/** The second step here of somebody whom an identity provider vouches for. */
export const secondHere = (shown: Pick<Credentials, "totp" | "enrolment" | "passkey">): Promise<LoginResult> => enter("/api/v1/oidc/second", shown);

async function enter(path: string, sent: object): Promise<LoginResult> {
  try {
    const response = await fetch(path, { method: "POST", headers: json, body: JSON.stringify(sent) });
    if (!response.ok) return { refusal: await problem(response) };
    const person: unknown = await response.json();
    if (!isPerson(person)) return { refusal: { code: "other", detail: "" } };
    const recovery = "recovery" in person && Array.isArray(person.recovery) ? { recovery: person.recovery as string[] } : {};
    return { person, skew: skewOf(response), ...recovery };
  } catch {
    return { refusal: { code: "away", detail: "" } };
  }
}

/** Who else is at work now. Throws when the server can't be reached. */
export async function fetchColleagues(): Promise<readonly Colleague[]> {
  const response = await fetch("/api/v1/colleagues", { headers: { accept: "application/json" } });
  const body: unknown = await response.json();
  const found = typeof body === "object" && body !== null && "colleagues" in body ? body.colleagues : null;
  if (!response.ok || !Array.isArray(found)) throw new Error("no answer");
  return found as readonly Colleague[];
}

/** Ends the session on the server; true when it did. */
export async function logout(): Promise<boolean> {
  try {
    const response = await fetch("/api/v1/logout", { method: "POST", headers: json, body: "{}" });
    return response.ok || response.status === 401;
  } catch {
    return false;
  }
}
