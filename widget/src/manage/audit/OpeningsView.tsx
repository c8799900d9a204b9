import { useManage } from "../context";
import { useLoaded, useNames } from "../core/load";
import { refusalWords } from "../core/words";
import { Scroll } from "../statistics/Scroll";
import { Refused } from "../transcripts/ReasonForm";
import { moment } from "../transcripts/text";
import { useOnce, useRefusal } from "../ui/saving";
import type { Opening, Openings } from "./model";
import { whoWords } from "./text";

/** Who has read what was said, told to those who answer for the site. */
export function OpeningsView() {
  const { i18n, api, site, say, onOpeningsSeen } = useManage();
  const { t } = i18n;
  const { saving, once } = useOnce();
  const [wrong, setWrong] = useRefusal();
  const address = `/sites/${site.site}/openings`;
  const { found, refusal, busy, reload } = useLoaded(site.site, async (signal) => {
    const answer = await api.ask<Openings>(`${address}?limit=100`, { signal });
    return answer.ok ? answer.body : answer.refusal;
  });
  const seen = (through: number): Promise<void> => once(async () => {
    const answer = await api.ask(`${address}/seen`, { method: "POST", body: { through } });
    if (!answer.ok) return setWrong(answer.refusal);
    say(t("openings.noted"));
    onOpeningsSeen();
    await reload();
  });
  return (
    <div class="statistics" aria-busy={busy}>
      <div class="toolbar"><div class="toolbar-title"><h1 id="openings-table">{t("view.openings")}</h1></div></div>
      <p class="prose">{t("openings.about")}</p>
      {refusal && (
        <div class="callout callout-bad notice-line" role="alert">
          <p>{refusalWords(i18n, refusal)}</p>
          <button type="button" class="button button-small" onClick={() => void reload()}>{t("action.again")}</button>
        </div>
      )}
      <Refused refusal={wrong} conflict={t("refusal.changed")} />
      {found && found.new > 0 && (
        <div class="callout callout-care notice-line">
          <p>{i18n.n(found.more ? "openings.at_least" : "openings.new", found.new)}</p>
          <button type="button" class="button" aria-disabled={saving} onClick={() => void seen(found.through)}>{t("openings.seen")}</button>
        </div>
      )}
      {found ? <Rows found={found} /> : !refusal && <p class="soft" role="status">{t("audit.loading")}</p>}
    </div>
  );
}

const COLUMNS = ["when", "who", "conversation", "why"] as const;

function Rows({ found }: { found: Openings }) {
  const { t } = useManage().i18n;
  if (found.openings.length === 0) return <p class="soft">{t("openings.nothing")}</p>;
  return (
    <Scroll label="openings-table">
      <table>
        <thead><tr>{COLUMNS.map((name) => <th key={name} scope="col">{t(`openings.${name}`)}</th>)}</tr></thead>
        <tbody>{found.openings.map((one) => <Row key={one.seq} one={one} />)}</tbody>
      </table>
    </Scroll>
  );
}

function Row({ one }: { one: Opening }) {
  const { i18n } = useManage();
  const { t } = i18n;
  const names = useNames([]);
  return (
    <tr>
      <th scope="row">{moment(i18n, one.at)}{one.new && <> <span class="state state-paused">{t("openings.is_new")}</span></>}</th>
      <td><bdi>{whoWords(i18n, one.who, one.role)}</bdi></td>
      <td>{names.queue(one.queue)}<small class="ident">{one.conversation}</small></td>
      <td class="wide">
        <p>{t(one.own ? "openings.own" : "openings.of_queue")}{one.further && ` ${t("openings.further")}`}</p>
        {one.reason !== null && <p><q dir="auto">{one.reason}</q></p>}
      </td>
    </tr>
  );
}
