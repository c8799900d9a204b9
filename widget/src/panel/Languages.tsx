import { useEffect, useId, useState } from "preact/hooks";
import words from "../i18n/languages.json";
import { NAMES } from "./Browse";
import { Heading } from "./Heading";
import { useUi } from "./ui";
import type { Standing, Talk, View } from "./view";

const nameOf = (lang: string): string => NAMES[lang] ?? lang;

/** The language of the site in which this visitor is served first, and what else is spoken there where that is not. */
export function useOwn(view: View, queue: string | null): { own: string; others: readonly string[] } {
  const { session } = useUi();
  return ownOf(view.statuses.find((one) => one.queue === queue), session.lang);
}

function ownOf({ languages = [], spoken = [] }: Partial<Standing> = {}, lang: string): { own: string; others: readonly string[] } {
  const own = languages.includes(lang) ? lang : (languages[0] ?? lang);
  return { own, others: spoken.includes(own) ? [] : spoken.filter((one) => languages.includes(one)) };
}

interface ChoicesProps {
  readonly languages: readonly string[];
  readonly chosen: readonly string[];
  readonly disabled?: boolean;
  readonly missing?: string;
  readonly onChange: (chosen: readonly string[]) => void;
}

/** Languages to agree to, each in its own name; none is chosen beforehand. */
function Choices({ languages, chosen, disabled = false, missing = "", onChange }: ChoicesProps) {
  const { i18n } = useUi();
  const error = useId();
  const toggle = (lang: string, on: boolean): void =>
    onChange(languages.filter((one) => (one === lang ? on : chosen.includes(one))));
  return (
    <fieldset class="agree" disabled={disabled} aria-describedby={missing ? error : undefined}>
      <legend>{i18n.pick(words.choose)}</legend>
      {languages.map((lang) => (
        <label key={lang} class="check">
          <input type="checkbox" checked={chosen.includes(lang)} onChange={(event) => toggle(lang, event.currentTarget.checked)} />
          <span lang={lang}>{nameOf(lang)}</span>
        </label>
      ))}
      {missing && <p class="error-text" id={error} role="alert">{missing}</p>}
    </fieldset>
  );
}

/** While waiting, once it is time: whether another language would do. Nothing changes unless the person chooses. */
export function OtherLanguages({ view, talk }: { view: View; talk: Talk }) {
  const { i18n, session, announce } = useUi();
  const { own } = useOwn(view, talk.queue);
  const languages = [...new Set([...talk.asked, ...talk.also])];
  const some = languages.length > 0;
  useEffect(() => {
    if (some) announce(i18n.pick(words.title));
  }, [some]);
  if (!some) return null;
  return (
    <section class="state languages-asked">
      <h2>{i18n.pick(words.title)}</h2>
      <p>{i18n.pick(words.text).replace("{language}", nameOf(own))}</p>
      <Choices languages={languages} chosen={talk.also} disabled={!view.online} onChange={session.agree} />
    </section>
  );
}

interface FirstProps {
  readonly own: string;
  readonly others: readonly string[];
  readonly onStart: (chosen: readonly string[]) => void;
}

/** Nobody on duty speaks the visitor's language: who agrees to another may come in. */
export function OtherLanguagesFirst({ own, others, onStart }: FirstProps) {
  const { i18n, session } = useUi();
  const [chosen, choose] = useState<readonly string[]>([]);
  const [missing, setMissing] = useState(false);
  return (
    <section class="state no_staff">
      <Heading><span class="dot" />{i18n.pick(words.nobody).replace("{language}", nameOf(own))}</Heading>
      <p>{i18n.pick(words["nobody.text"])}</p>
      <form onSubmit={(event) => {
        event.preventDefault();
        setMissing(chosen.length === 0);
        if (chosen.length > 0) onStart(chosen);
      }}>
        <Choices languages={others} chosen={chosen} missing={missing && chosen.length === 0 ? i18n.pick(words.missing) : ""} onChange={choose} />
        <div class="answers">
          <button type="submit" class="button primary">{i18n.t("start")}</button>
          <button type="button" class="button quiet" onClick={() => session.browse()}>{i18n.t("unavailable.again")}</button>
        </div>
      </form>
    </section>
  );
}

/** The same before anybody has started. */
export function StartForeign({ status }: { status: Standing }) {
  const { session } = useUi();
  return (
    <OtherLanguagesFirst
      {...ownOf(status, session.lang)}
      onStart={(chosen) => {
        session.choose(status.queue);
        session.join(chosen);
      }}
    />
  );
}
