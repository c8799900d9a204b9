/** What somebody may do about their own sign-in. */

import type { Enrolment } from "./api";
import type { PasskeyOptions } from "./passkeys";

/** How the second step of signing in stands. */
export interface SecondFactor {
  readonly enrolled: boolean;
  readonly required: boolean;
  readonly recovery_left: number;
  readonly passkeys: number;
}

/** Times are server times, ms; `used_at` is null until it has been used; `here` false: it is for another address. */
export interface OnePasskey {
  readonly id: string;
  readonly name: string;
  readonly created_at: number;
  readonly used_at: number | null;
  readonly here: boolean;
}

/** `possible` false: the service's address, or this account, can have none. */
export interface OwnPasskeys {
  readonly passkeys: readonly OnePasskey[];
  readonly most: number;
  readonly possible: boolean;
}

/** With what somebody who is signed in shows once more that it is them. */
export type Again = { readonly password: string; readonly totp: string } | { readonly passkey: object };

/**
 * `wrong`: what was shown is not right; `limited`: too many tries; `conflict`: not as things stand now; `unusable`: the
 * new passkey; `away`: anything else.
 */
export type Failure = "wrong" | "limited" | "conflict" | "unusable" | "away";
export type Outcome<Body> = { readonly body: Body } | { readonly failure: Failure };

const FAILURES: Readonly<Record<number, Failure>> = { 403: "wrong", 409: "conflict", 422: "unusable", 429: "limited" };
const PATH = "/api/v1/me/second-factor";

async function ask<Body>(method: string, path: string, sent?: object): Promise<Outcome<Body>> {
  try {
    const headers = { accept: "application/json", ...(sent ? { "content-type": "application/json" } : {}) };
    const response = await fetch(path, { method, headers, ...(sent ? { body: JSON.stringify(sent) } : {}) });
    if (!response.ok) return { failure: FAILURES[response.status] ?? "away" };
    return { body: (response.status === 204 ? null : await response.json()) as Body };
  } catch {
    return { failure: "away" };
  }
}

export const secondFactor = () => ask<SecondFactor>("GET", PATH);
export const offerFactor = (again: Again) => ask<Enrolment>("POST", PATH, again);
export const confirmFactor = (token: string, totp: string) => ask<{ readonly recovery: readonly string[] }>("PUT", PATH, { token, totp });
export const removeFactor = (again: Again) => ask<null>("POST", `${PATH}/remove`, again);
export const signOutEverywhere = () => ask<null>("DELETE", "/api/v1/me/sessions");

const PASSKEYS = "/api/v1/me/passkeys";

export const ownPasskeys = () => ask<OwnPasskeys>("GET", PASSKEYS);
export const challengeAgain = () => ask<{ readonly publicKey: PasskeyOptions }>("GET", `${PASSKEYS}/challenge`);
export const offerPasskey = (again: Again) => ask<{ readonly publicKey: PasskeyOptions }>("POST", `${PASSKEYS}/options`, again);
export const addPasskey = (name: string, passkey: object) =>
  ask<{ readonly passkey: OnePasskey; readonly recovery: readonly string[] }>("POST", PASSKEYS, { name, passkey });
export const renamePasskey = (id: string, name: string) => ask<null>("PUT", `${PASSKEYS}/${id}`, { name });
export const removePasskey = (id: string, again: Again) => ask<null>("POST", `${PASSKEYS}/${id}/remove`, again);
