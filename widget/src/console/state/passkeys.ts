/** Passkeys in the browser (WebAuthn): what the server asks becomes what the browser takes, and its answer JSON again. */

/** As the server writes it: bytes are base64url. */
export interface PasskeyOptions {
  readonly challenge: string;
  readonly rpId?: string;
  readonly [name: string]: unknown;
}

/** Keys of the texts: nobody chose one or it took too long; the device has one already; the browser can't; anything else. */
export type PasskeyTrouble = "cancelled" | "present" | "none" | "failed";
/** `null`: it was broken off by the page itself, which nobody has to be told. */
export type PasskeyAnswer = { readonly answer: object } | { readonly trouble: PasskeyTrouble | null };
export type Support = "yes" | "none" | "insecure";

interface Described { readonly type: "public-key"; readonly id: string; readonly transports?: AuthenticatorTransport[] }

const ADDRESS = /^[\d.]+$|:|^\[/;

/** Whether this browser has passkeys for this page: not over http, and not for an address that is no name. */
export function passkeySupport(): Support {
  if (!isSecureContext) return "insecure";
  return "PublicKeyCredential" in window && !ADDRESS.test(location.hostname) ? "yes" : "none";
}

/** Whether the browser offers passkeys among what it fills in by itself. */
export async function fillsIn(): Promise<boolean> {
  if (passkeySupport() !== "yes") return false;
  const kind = PublicKeyCredential as { isConditionalMediationAvailable?: () => Promise<boolean> };
  return (await kind.isConditionalMediationAvailable?.().catch(() => false)) ?? false;
}

export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

export function fromBytes(raw: ArrayBuffer): string {
  const letters = Array.from(new Uint8Array(raw), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const described = (keys: unknown): PublicKeyCredentialDescriptor[] =>
  (Array.isArray(keys) ? (keys as Described[]) : []).map((key) => ({ ...key, id: toBytes(key.id) }));

const TROUBLES: Readonly<Record<string, PasskeyTrouble | null>> = {
  NotAllowedError: "cancelled", TimeoutError: "cancelled", AbortError: null, InvalidStateError: "present",
  NotSupportedError: "none", SecurityError: "none", ConstraintError: "none",
};

async function ask(what: () => Promise<Credential | null>): Promise<PublicKeyCredential | { trouble: PasskeyTrouble | null }> {
  if (passkeySupport() !== "yes") return { trouble: "none" };
  try {
    const found = await what();
    return found instanceof PublicKeyCredential ? found : { trouble: "cancelled" };
  } catch (error) {
    const name = error instanceof Error || error instanceof DOMException ? error.name : "";
    return { trouble: name in TROUBLES ? TROUBLES[name] ?? null : "failed" };
  }
}

/** Has a challenge answered by a passkey. With `quietly`, only when the person picks one that the browser fills in. */
export async function signWithPasskey(options: PasskeyOptions, signal?: AbortSignal, quietly = false): Promise<PasskeyAnswer> {
  const { challenge, allowCredentials, ...rest } = options;
  const publicKey = { ...rest, challenge: toBytes(challenge), allowCredentials: described(allowCredentials) };
  const found = await ask(() => navigator.credentials.get({
    publicKey, ...(signal ? { signal } : {}), ...(quietly ? { mediation: "conditional" as const } : {}),
  }));
  if ("trouble" in found) return found;
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response as AuthenticatorAssertionResponse;
  return { answer: named(found, {
    clientDataJSON: fromBytes(clientDataJSON), authenticatorData: fromBytes(authenticatorData), signature: fromBytes(signature),
    ...(userHandle ? { userHandle: fromBytes(userHandle) } : {}),
  }) };
}

/** Makes a passkey on a device. */
export async function makePasskey(options: PasskeyOptions): Promise<PasskeyAnswer> {
  const { challenge, excludeCredentials, ...rest } = options as PasskeyOptions & { user: PublicKeyCredentialUserEntityJSON };
  const publicKey = {
    ...rest, challenge: toBytes(challenge), excludeCredentials: described(excludeCredentials), user: { ...rest.user, id: toBytes(rest.user.id) },
  } as unknown as PublicKeyCredentialCreationOptions;
  const found = await ask(() => navigator.credentials.create({ publicKey }));
  if ("trouble" in found) return found;
  const response = found.response as AuthenticatorAttestationResponse;
  return { answer: named(found, {
    clientDataJSON: fromBytes(response.clientDataJSON), attestationObject: fromBytes(response.attestationObject),
    transports: "getTransports" in response ? response.getTransports() : [],
  }) };
}

const named = ({ id, rawId, type }: PublicKeyCredential, response: object) => ({ id, rawId: fromBytes(rawId), type, response });
