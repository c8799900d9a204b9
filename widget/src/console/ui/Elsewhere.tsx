import { useEffect } from "preact/hooks";
import type { I18n } from "../../core/i18n";
import { whoAmI, type SignedIn } from "../state/api";
import { endAt, onSignedInElsewhere, startAt, tellSignedIn, type ProviderWay, type Ways } from "../state/elsewhere";
import { useSettings, useTexts } from "./page";
import { Mark } from "./icons";

interface ElsewhereProps {
  readonly i18n: I18n;
  readonly ways: Ways;
  /** The session ended under a person's hands: the page stays, with what is being written on it, and another opens. */
  readonly ended: boolean;
  readonly onSignedIn: (signedIn: SignedIn) => void;
}

const page = (): "console" | "manage" => (location.pathname.startsWith("/manage") ? "manage" : "console");

/** A button for each identity provider: links, so that they work like links. */
export function Elsewhere({ i18n, ways, ended, onSignedIn }: ElsewhereProps) {
  const { t } = i18n;
  useEffect(() => ended ? onSignedInElsewhere(() => { void whoAmI().then((found) => { if (found) onSignedIn(found); }, () => undefined); }) : undefined, [ended]);
  if (ways.providers.length === 0) return null;
  const away = ended ? { target: "_blank", rel: "noopener" } : {};
  return (
    <div class="login-elsewhere">
      {ways.passwords && <p class="soft">{t("elsewhere.or")}</p>}
      {ways.providers.map((one, place) => (
        <a key={one.id} class={`button button-wide${!ways.passwords && place === 0 ? " button-main" : ""}`}
          href={startAt(one.id, ended ? "done" : page())} {...away}>
          {t("elsewhere.button", { name: i18n.pick(one.names) })}
        </a>
      ))}
      {ended && <p class="soft">{t("elsewhere.window")}</p>}
    </div>
  );
}

/** Somebody has signed out here and is still signed in at their provider. */
export function StillThere({ i18n, provider }: { i18n: I18n; provider: ProviderWay }) {
  const name = i18n.pick(provider.names);
  return (
    <p class="callout" role="status">
      {i18n.t("elsewhere.left", { name })} <a href={endAt(provider.id)}>{i18n.t("elsewhere.sign_out", { name })}</a>
    </p>
  );
}

/** The window in which somebody has signed in again, beside the one that waits for it. */
export function SignedInThere() {
  const [settings] = useSettings();
  const i18n = useTexts(settings.lang);
  useEffect(tellSignedIn, []);
  if (!i18n) return null;
  return (
    <main class="login">
      <div class="login-card">
        <div class="login-head"><Mark /><h1>{i18n.t("app.title")}</h1></div>
        <p role="status">{i18n.t("elsewhere.done")}</p>
      </div>
    </main>
  );
}
