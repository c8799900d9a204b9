/** Signing in with an identity provider, as far as the page has a part in it. */

import type { Messages } from "../../core/i18n";

export interface ProviderWay {
  readonly id: string;
  readonly names: Messages;
  /** It has a page to sign out there too. */
  readonly sign_out: boolean;
}

/** With what somebody can sign in here. */
export interface Ways {
  readonly passwords: boolean;
  readonly providers: readonly ProviderWay[];
}

const PASSWORD_ALONE: Ways = { passwords: true, providers: [] };

/** The ways in; that of the password where the server can't say. */
export async function fetchWays(): Promise<Ways> {
  try {
    const response = await fetch("/api/v1/sign-in", { headers: { accept: "application/json" } });
    const body: unknown = response.ok ? await response.json() : null;
    return typeof body === "object" && body !== null && "providers" in body ? (body as Ways) : PASSWORD_ALONE;
  } catch {
    return PASSWORD_ALONE;
  }
}

/** Where the button of a provider leads. `to` is the page that somebody wants to come back to. */
export const startAt = (id: string, to: "console" | "manage" | "done"): string => `/api/v1/oidc/${encodeURIComponent(id)}/start?to=${to}`;
export const endAt = (id: string): string => `/api/v1/oidc/${encodeURIComponent(id)}/end`;

const PARAMETER = "sign_in";

/** The word with which somebody was sent back from a provider; it leaves the address, so that a reload does not say it again. */
export function cameBack(): string {
  const word = new URLSearchParams(location.search).get(PARAMETER) ?? "";
  if (word) history.replaceState(history.state, "", location.pathname);
  return word;
}

const CHANNEL = "chatsvc.signed-in";

/** Tells the other windows of this browser that somebody has signed in. */
export function tellSignedIn(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(null);
  channel.close();
}

/** Calls `told` when another window tells it; gives the way to stop. */
export function onSignedInElsewhere(told: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = told;
  return () => channel.close();
}
