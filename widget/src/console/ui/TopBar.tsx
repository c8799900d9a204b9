import type { DeskState } from "../state/model";
import { useConsole } from "./context";
import { DutySwitch } from "./DutySwitch";
import { HelpDialog } from "./HelpDialog";
import { Calendar, Gear, Help, Mark, Out, SoundOff, SoundOn } from "./icons";
import { SettingsDialog } from "./SettingsDialog";

interface TopBarProps {
  readonly state: DeskState;
  readonly open: "help" | "settings" | null;
  readonly onOpen: (open: "help" | "settings" | null) => void;
  readonly onSignOut: () => void;
}

export function TopBar({ state, open, onOpen, onSignOut }: TopBarProps) {
  const { i18n, settings, setSettings } = useConsole();
  const { t } = i18n;
  return (
    <header class="topbar">
      <div class="brand"><Mark /><span class="brand-name" aria-hidden="true">{t("app.title")}</span></div>
      <DutySwitch state={state} />
      <div class="tools">
        <a class="button-icon" href="/manage/" target="_blank" rel="noopener" aria-label={t("manage.open")} title={t("manage.open")}><Calendar /></a>
        <button type="button" class="button-icon" aria-pressed={settings.sound} aria-label={t("sound.label")}
          title={t(settings.sound ? "sound.on" : "sound.off")} onClick={() => setSettings({ sound: !settings.sound })}>
          {settings.sound ? <SoundOn /> : <SoundOff />}
        </button>
        <button type="button" class="button-icon" aria-label={t("help.open")} title={t("help.open")} onClick={() => onOpen("help")}><Help /></button>
        <button type="button" class="button-icon" aria-label={t("settings.open")} title={t("settings.open")}
          onClick={() => onOpen("settings")}><Gear /></button>
        <SignOut alias={state.me?.alias ?? ""} onSignOut={onSignOut} />
      </div>
      {open === "help" && <HelpDialog onClose={() => onOpen(null)} />}
      {open === "settings" && <SettingsDialog onClose={() => onOpen(null)} />}
    </header>
  );
}

function SignOut({ alias, onSignOut }: { alias: string; onSignOut: () => void }) {
  const { i18n } = useConsole();
  return (
    <div class="self">
      <span class="self-name" title={alias}>{alias}</span>
      <button type="button" class="button-icon" aria-label={i18n.t("logout.label")} title={i18n.t("logout.label")}
        onClick={onSignOut}><Out /></button>
    </div>
  );
}
