import { useConsole } from "./context";
import { Dialog } from "./Dialog";

const KEYS: readonly (readonly [keys: readonly string[], text: string, oneKey: boolean])[] = [
  [["N"], "help.take", true],
  [["A"], "help.accept", true],
  [["D"], "help.decline", true],
  [["R"], "help.reply", true],
  [["?"], "help.help", true],
  [["Alt", "1–9"], "help.slot", false],
  [["Alt", "↑", "↓"], "help.step", false],
  [["Enter"], "help.send", false],
  [["Shift", "Enter"], "help.newline", false],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const { i18n, settings, setSettings } = useConsole();
  const { t } = i18n;
  return (
    <Dialog title={t("help.title")} onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, text, oneKey]) => (
          <div key={text} class={oneKey && !settings.oneKey ? "keys-row keys-row-off" : "keys-row"}>
            <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={settings.oneKey} onChange={(event) => setSettings({ oneKey: event.currentTarget.checked })} />
        <span>{t("help.one_key")}</span>
      </label>
      <p class="soft">{t("help.one_key_why")}</p>
    </Dialog>
  );
}
