import { useManage } from "../context";
import { useNames } from "../core/load";
import { Scroll } from "../statistics/Scroll";
import type { BoardPerson } from "./model";
import { ageText } from "./text";

const COLUMNS = ["person", "duty", "since", "load", "conversations", "wrap_ups", "serves"] as const;

/** Who is on duty, for how long in what state, and what they carry. */
export function PeopleTable({ people, now }: { people: readonly BoardPerson[]; now: number }) {
  const { t } = useManage().i18n;
  return (
    <section class="figures">
      <h2 id="board-people">{t("board.people")}</h2>
      {people.length === 0 ? <p class="soft">{t("board.nobody")}</p> : (
        <Scroll label="board-people">
          <table>
            <thead><tr>{COLUMNS.map((name) => <th key={name} scope="col">{t(`board.${name}`)}</th>)}</tr></thead>
            <tbody>{people.map((person) => <PersonRow key={person.id} person={person} now={now} />)}</tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

function PersonRow({ person, now }: { person: BoardPerson; now: number }) {
  const { i18n } = useManage();
  const { t } = i18n;
  const { queue } = useNames([]);
  const reason = person.state === "paused" && person.reason ? `board.reason.${person.reason}` : "";
  return (
    <tr>
      <th scope="row">{person.alias}</th>
      <td>
        <span class={`state state-${person.away_since === null ? person.state : "gone"}`}>{t(`board.duty_state.${person.state}`)}</span>
        {reason && i18n.has(reason) && <small>{t(reason)}</small>}
        {person.away_since !== null && <small>{t("board.gone", { age: ageText(i18n, now - person.away_since) })}</small>}
      </td>
      <td>{ageText(i18n, now - person.since)}</td>
      <td class="number">
        {t("board.places", { n: person.load, of: person.capacity })}
        {person.offered && <small>{t("board.offered")}</small>}
      </td>
      <td class="number">
        {person.conversations}
        {person.consultations > 0 && <small>{i18n.n("board.consultations", person.consultations)}</small>}
      </td>
      <td class="number">{person.wrap_ups}</td>
      <td class="wide">{person.queues.map(queue).join(", ")}</td>
    </tr>
  );
}
