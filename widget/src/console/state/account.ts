/** What somebody may do about their own sign-in. */

import type { Enrolment } from "./api";

/** How the second step of signing in stands. */
export interface SecondFactor {
  readonly enrolled: boolean;
  readonly required: boolean;
  readonly recovery_left: number;
}

/** `wrong`: the password or the code is not right; `limited`: too many tries; `away`: anything else. */
export type Failure = "wrong" | "limited" | "away";
export type Outcome<Body> = { readonly body: Body } | { readonly failure: Failure };

const PATH = "/api/v1/me/second-factor";

async function ask<Body>(method: string, path: string, sent?: object): Promise<Outcome<Body>> {
  try {
    const headers = { accept: "application/json", ...(sent ? { "content-type": "application/json" } : {}) };
    const response = await fetch(path, { method, headers, ...(sent ? { body: JSON.stringify(sent) } : {}) });
    if (response.status === 403) return { failure: "wrong" };
    if (response.status === 429) return { failure: "limited" };
    if (!response.ok) return { failure: "away" };
    return { body: (response.status === 204 ? null : await response.json()) as Body };
  } catch {
    return { failure: "away" };
  }
}

export const secondFactor = () => ask<SecondFactor>("GET", PATH);
export const offerFactor = (password: string, totp: string) => ask<Enrolment>("POST", PATH, { password, totp });
export const confirmFactor = (token: string, totp: string) => ask<{ readonly recovery: readonly string[] }>("PUT", PATH, { token, totp });
export const removeFactor = (password: string, totp: string) => ask<null>("POST", `${PATH}/remove`, { password, totp });
export const signOutEverywhere = () => ask<null>("DELETE", "/api/v1/me/sessions");
