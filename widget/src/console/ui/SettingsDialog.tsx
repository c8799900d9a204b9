import { useState } from "preact/hooks";
import { useConsole } from "./context";
import { Dialog } from "./Dialog";
import { LanguagePicker } from "./LanguagePicker";
import { SignInSection } from "./SignInSection";

export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const { i18n, settings, setSettings } = useConsole();
  const { t } = i18n;
  return (
    <Dialog title={t("settings.title")} onClose={onClose}>
      <h3 class="label">{t("settings.language")}</h3>
      <LanguagePicker i18n={i18n} lang={settings.lang} onLang={(lang) => setSettings({ lang })} />
      <h3 class="label">{t("settings.attention")}</h3>
      <label class="check">
        <input type="checkbox" checked={settings.sound} onChange={(event) => setSettings({ sound: event.currentTarget.checked })} />
        <span>{t("settings.sound")}</span>
      </label>
      <NotificationChoice />
      <label class="check">
        <input type="checkbox" checked={settings.oneKey} onChange={(event) => setSettings({ oneKey: event.currentTarget.checked })} />
        <span>{t("help.one_key")}</span>
      </label>
      <p class="soft">{t("settings.where")}</p>
      {/* The connection ends by itself then, and the login says so. */}
      <SignInSection i18n={i18n} onSignedOut={onClose} />
    </Dialog>
  );
}

/** Asks the browser for leave only when the person turns notifications on. */
function NotificationChoice() {
  const { i18n, settings, setSettings } = useConsole();
  const known = "Notification" in window;
  const [refused, setRefused] = useState(known && Notification.permission === "denied");
  const change = async (on: boolean): Promise<void> => {
    const permission = on ? await Notification.requestPermission() : "default";
    setRefused(permission === "denied");
    setSettings({ notifications: on && permission === "granted" });
  };
  if (!known) return null;
  return (
    <>
      <label class="check">
        <input type="checkbox" checked={settings.notifications && !refused} onChange={(event) => void change(event.currentTarget.checked)} />
        <span>{i18n.t("settings.notifications")}</span>
      </label>
      {refused && <p class="soft">{i18n.t("settings.notifications_refused")}</p>}
    </>
  );
}
