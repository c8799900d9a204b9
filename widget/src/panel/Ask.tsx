import { useEffect, useRef, useState } from "preact/hooks";
import type { Answer, Answers, Question, UnavailableFrame } from "../core/frames";
import type { I18n } from "../core/i18n";
import type { Form } from "./door";
import { Heading } from "./Heading";
import { Help } from "./Help";
import { Icon } from "./icons";
import { useUi } from "./ui";
import { useUnsentWarning } from "./unsent";

/** Characters of a free answer. */
const LONGEST = 300;

type Values = Readonly<Record<string, Answer>>;

/** Where a question's first input is in the page. */
const place = (question: string): string => `q-${question}`;

const isOpen = (answer: Answer | undefined): boolean => !answer || (typeof answer === "string" ? !answer.trim() : answer.length === 0);

interface FieldProps {
  readonly question: Question;
  readonly value: Answer | undefined;
  readonly missing: boolean;
  readonly onAnswer: (answer: Answer) => void;
}

/** What goes with a question besides its words; the ids describe the inputs to people who listen. */
function useNotes({ question, missing }: FieldProps) {
  const { i18n } = useUi();
  const hint = i18n.marked(question.help, question.kind === "multiple" ? i18n.t("ask.several") : "");
  const id = place(question.id);
  const [hintId, faultId] = [`${id}-hint`, `${id}-fault`];
  return {
    id,
    described: [hint.children && hintId, missing && faultId].filter(Boolean).join(" ") || undefined,
    title: <><span {...i18n.marked(question.text)} />{!question.required && <span class="soft"> {i18n.t("ask.optional")}</span>}</>,
    notes: (
      <>
        {hint.children && <p class="soft" id={hintId} {...hint} />}
        {missing && <p class="error-text" id={faultId}><Icon name="alert" /> {i18n.t("ask.missing")}</p>}
      </>
    ),
  };
}

function Words(props: FieldProps) {
  const { i18n } = useUi();
  const { question, value, missing, onAnswer } = props;
  const { id, described, title, notes } = useNotes(props);
  const text = typeof value === "string" ? value : "";
  const left = LONGEST - [...text].length;
  return (
    <div class="question">
      <label for={id}>{title}</label>
      {notes}
      <textarea
        id={id} rows={3} maxLength={LONGEST} required={question.required === true} aria-invalid={missing} aria-describedby={described}
        value={text} onInput={(event) => onAnswer(event.currentTarget.value)}
      />
      {left <= 50 && <p class="soft" role="status">{i18n.t("composer.left", { n: left })}</p>}
    </div>
  );
}

interface Choosable {
  readonly id: string;
  readonly words: ReturnType<I18n["marked"]>;
}

/** The options in the reader's language; whoever need not answer can say so. */
function useOptions({ kind, options = [], required }: Question): readonly Choosable[] {
  const { t, marked } = useUi().i18n;
  const own = (id: string, key: string): Choosable => ({ id, words: { children: t(key) } });
  const named = kind === "yes-no" ? [own("yes", "yes"), own("no", "no")] : options.map(({ id, text }) => ({ id, words: marked(text) }));
  return kind === "multiple" || required ? named : [...named, own("", "ask.skip")];
}

function Choices(props: FieldProps) {
  const { question, value, missing, onAnswer } = props;
  const { id, described, title, notes } = useNotes(props);
  const several = question.kind === "multiple";
  const chosen = Array.isArray(value) ? (value as readonly string[]) : [];
  const toggled = (id: string, on: boolean) => (on ? [...chosen, id] : chosen.filter((one) => one !== id));
  return (
    <fieldset class="question">
      <legend>{title}</legend>
      {notes}
      {useOptions(question).map((option, number) => (
        <label class="option" key={option.id}>
          <input
            type={several ? "checkbox" : "radio"} name={id} id={number ? undefined : id}
            checked={several ? chosen.includes(option.id) : value === option.id}
            required={!several && question.required === true} aria-invalid={missing} aria-describedby={described}
            onChange={(event) => onAnswer(several ? toggled(option.id, event.currentTarget.checked) : option.id)}
          />
          <span {...option.words} />
        </label>
      ))}
    </fieldset>
  );
}

function BackLink({ onBack }: { onBack: () => void }) {
  const { t } = useUi().i18n;
  return <button type="button" class="link back" onClick={onBack}><Icon name="back" /> {t("ask.back")}</button>;
}

interface AdviceProps {
  readonly title: string;
  readonly from: Pick<UnavailableFrame, "messages" | "emergency" | "alternatives">;
  readonly onBack: () => void;
}

/** What is to be read, and whom to call. */
function Advice({ title, from, onBack }: AdviceProps) {
  const { i18n } = useUi();
  return (
    <div class="content">
      <BackLink onBack={onBack} />
      <Heading>{i18n.t(title)}</Heading>
      {from.messages?.map((message, i) => <p class="words" key={i} {...i18n.marked(message)} />)}
      <Help emergency={from.emergency} alternatives={from.alternatives} />
    </div>
  );
}

/** What to do instead of chatting. */
export function AdviceScreen({ frame }: { frame: UnavailableFrame }) {
  const { session } = useUi();
  return <Advice title="advice.title" from={frame} onBack={() => session.browse()} />;
}

interface QuestionsProps {
  readonly form: Form;
  readonly values: Values;
  readonly onAnswer: (id: string, answer: Answer) => void;
  readonly onBack: () => void;
  readonly onSend: () => void;
}

function Questions({ form, values, onAnswer, onBack, onSend }: QuestionsProps) {
  const { i18n, announce } = useUi();
  const { t } = i18n;
  const page = useRef<HTMLFormElement>(null);
  const [missing, setMissing] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    setMissing(new Set());
    return () => announce("");
  }, [form]);
  const send = (): void => {
    const open = form.questions.filter(({ id, required }) => required && isOpen(values[id])).map(({ id }) => id);
    setMissing(new Set(open));
    if (!open[0]) return onSend();
    announce(t("ask.missing"));
    page.current?.querySelector<HTMLElement>(`[id="${place(open[0])}"]`)?.focus();
  };
  const answered = (id: string, answer: Answer): void => {
    if (!isOpen(answer)) setMissing(new Set([...missing].filter((one) => one !== id)));
    onAnswer(id, answer);
  };
  const queue = i18n.pick(form.names);
  return (
    <>
      <form class="content" id="ask" noValidate ref={page} onSubmit={(event) => { event.preventDefault(); send(); }}>
        <BackLink onBack={onBack} />
        <Heading>{t("ask.title")}</Heading>
        <p class="soft">{queue && `${t("ask.queue", { queue })} `}{t("ask.lead")}</p>
        {form.questions.map((question) => {
          const Field = question.kind === "text" ? Words : Choices;
          return (
            <Field
              key={question.id} question={question} value={values[question.id]} missing={missing.has(question.id)}
              onAnswer={(answer) => answered(question.id, answer)}
            />
          );
        })}
        <Help emergency={form.emergency} />
      </form>
      <div class="foot"><button type="submit" form="ask" class="button primary wide">{t("ask.next")}</button></div>
    </>
  );
}

/** Between starting and joining: first what is to be read, then what is asked. Nothing is sent before going on. */
export function AskScreen({ form }: { form: Form }) {
  const { i18n, session } = useUi();
  const [values, setValues] = useState<Values>(form.held);
  const [read, setRead] = useState(false);
  useUnsentWarning(form.questions.some(({ id, kind }) => kind === "text" && !isOpen(values[id])));
  const given = (): Answers => Object.fromEntries(
    form.questions.filter(({ id }) => !isOpen(values[id])).map(({ id }) => [id, values[id] ?? null]),
  );
  const back = (): void => {
    session.door.keep(values);
    session.choose(session.view.queue);
  };
  if (form.messages.length > 0 && !read) {
    const next = (): void => (form.questions.length ? setRead(true) : session.answer({}));
    return (
      <>
        <Advice title="ask.read" from={form} onBack={back} />
        <div class="foot"><button type="button" class="button primary wide" onClick={next}>{i18n.t("ask.next")}</button></div>
      </>
    );
  }
  return (
    <Questions
      form={form} values={values} onAnswer={(id, answer) => setValues({ ...values, [id]: answer })} onBack={back}
      onSend={() => session.answer(given())}
    />
  );
}
