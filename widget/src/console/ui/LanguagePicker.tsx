import type { I18n } from "../../core/i18n";
import { LANGS, type Lang } from "../settings";

const OWN_NAMES: Readonly<Record<Lang, string>> = { fi: "Suomi", sv: "Svenska", en: "English" };

interface LanguagePickerProps {
  readonly i18n: I18n;
  readonly lang: Lang;
  readonly onLang: (lang: Lang) => void;
}

export function LanguagePicker({ i18n, lang, onLang }: LanguagePickerProps) {
  return (
    <div class="languages" role="group" aria-label={i18n.t("language.choose")}>
      {LANGS.map((one) => (
        <button key={one} type="button" lang={one} class="language" aria-pressed={one === lang} onClick={() => onLang(one)}>
          {OWN_NAMES[one]}
        </button>
      ))}
    </div>
  );
}
