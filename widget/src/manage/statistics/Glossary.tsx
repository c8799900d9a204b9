import { useManage } from "../context";

/** In the order of the columns. */
const WORDS = ["attempts", "answered", "prompt", "abandoned", "dropped", "told_closed", "full", "message", "waiting", "wait"] as const;

/** What each word of the board and the statistics means, in the very words of the documentation. */
export function Glossary() {
  const { i18n } = useManage();
  return (
    <details class="glossary">
      <summary>{i18n.t("statistics.glossary")}</summary>
      <dl>
        {WORDS.map((word) => (
          <div key={word}>
            <dt>{i18n.t(`statistics.word.${word}`)}</dt>
            <dd>{i18n.t(`statistics.means.${word}`)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
