import { useEffect, useRef, useState } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import { askPasskey, loginWithPasskey, type LoginResult } from "../state/api";
import { fillsIn, passkeySupport, signWithPasskey, type PasskeyTrouble } from "../state/passkeys";

/** A challenge is good for five minutes; one that waits for somebody to pick a passkey is renewed before that. */
const RENEWED_MS = 4 * 60_000;

/** Signing in with a passkey alone: by the button, or picked from what the browser fills in. */
export function usePasskeyLogin(onResult: (result: LoginResult) => void) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<PasskeyTrouble | null>(null);
  const quiet = useRef<AbortController | null>(null);
  const settle = useRef(onResult);
  settle.current = onResult;
  const wait = async (): Promise<void> => {
    const { signal } = (quiet.current = new AbortController());
    if (!(await fillsIn())) return;
    const asked = await askPasskey();
    if (!asked || signal.aborted) return;
    const found = await signWithPasskey(asked, signal, true);
    if (!("answer" in found) || signal.aborted) return;
    settle.current(await loginWithPasskey(found.answer));
    void wait(); // still here: it was refused
  };
  const stop = (): void => quiet.current?.abort();
  useEffect(() => {
    void wait();
    const renewing = setInterval(() => {
      if (quiet.current === null) return;
      stop();
      void wait();
    }, RENEWED_MS);
    return () => {
      clearInterval(renewing);
      stop();
    };
  }, []);
  /** One request at a time: the browser refuses a second one. */
  const alone = async <Found,>(what: () => Promise<Found>): Promise<Found> => {
    stop();
    quiet.current = null;
    setBusy(true);
    setTrouble(null);
    try {
      return await what();
    } finally {
      setBusy(false);
      void wait();
    }
  };
  const start = (): Promise<void> => alone(async () => {
    const asked = await askPasskey();
    if (!asked) {
      settle.current({ refusal: { code: "away", detail: "" } });
      return;
    }
    const found = await signWithPasskey(asked);
    if ("answer" in found) settle.current(await loginWithPasskey(found.answer));
    else setTrouble(found.trouble);
  });
  return { busy, trouble, setTrouble, start, alone };
}

interface PasskeyButtonProps {
  readonly i18n: I18n;
  readonly label: string;
  readonly busy: boolean;
  readonly onUse: () => void;
}

/** Nothing where the browser has no passkeys: the password is right beside it. */
export function PasskeyButton({ i18n, label, busy, onUse }: PasskeyButtonProps) {
  if (passkeySupport() !== "yes") return null;
  return (
    <button type="button" class="button button-wide" aria-disabled={busy} onClick={() => { if (!busy) onUse(); }}>
      {busy ? i18n.t("login.passkey_wait") : label}
    </button>
  );
}
