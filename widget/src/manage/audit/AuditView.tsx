import { useEffect, useState } from "preact/hooks";
import { useManage } from "../context";
import { useLoaded } from "../core/load";
import { refusalWords } from "../core/words";
import { showQuery, useRoute } from "../route";
import { Scroll } from "../statistics/Scroll";
import { moment } from "../transcripts/text";
import { Field } from "../ui/fields";
import { ACTIONS } from "./actions";
import { asked, FILTERS, type Entry, type Filters, type Page } from "./model";
import { Standing } from "./Standing";
import { didWords, factLines, recordWords, whoWords } from "./text";

/** Who did what at the site, the last first. */
export function AuditView() {
  const { i18n, api, site } = useManage();
  const { t } = i18n;
  const { query } = useRoute();
  const wanted = asked(query);
  const before = query["before"] ?? "";
  const address = `/sites/${site.site}/audit`;
  const page = new URLSearchParams([...wanted, ...(before ? [["before", before]] : [])]);
  const { found, refusal, busy, reload } = useLoaded(`${site.site} ${page}`, async (signal) => {
    const answer = await api.ask<Page>(`${address}/newest?${page}`, { signal });
    return answer.ok ? answer.body : answer.refusal;
  });
  const go = (to: string | undefined): void => showQuery("audit", { ...query, before: to });
  return (
    <div class="statistics" aria-busy={busy}>
      <div class="toolbar">
        <div class="toolbar-title"><h1 id="audit-table">{t("view.audit")}</h1></div>
        <a class="button" download href={`/api/v1${address}.csv?${wanted}`}>{t("statistics.csv")}</a>
      </div>
      <Standing />
      <Filter key={FILTERS.map((name) => query[name]).join("\n")} filters={query} />
      {refusal && (
        <div class="callout callout-bad notice-line" role="alert">
          <p>{refusalWords(i18n, refusal)}</p>
          <button type="button" class="button button-small" onClick={() => void reload()}>{t("action.again")}</button>
        </div>
      )}
      {found ? <Rows page={found} /> : !refusal && <p class="soft" role="status">{t("audit.loading")}</p>}
      {found && (
        <nav class="past-pages" aria-label={t("pages.label")}>
          {before && <button type="button" class="button" onClick={() => go(undefined)}>{t("past.newest")}</button>}
          {found.next && <button type="button" class="button" onClick={() => go(found.next ?? "")}>{t(found.entries.length > 0 ? "past.older" : "audit.further")}</button>}
        </nav>
      )}
    </div>
  );
}

/** What to look for; nothing is asked before it is sent. */
function Filter({ filters }: { filters: Filters }) {
  const { i18n } = useManage();
  const { t } = i18n;
  const [draft, setDraft] = useState<Filters>(filters);
  useEffect(() => setDraft(filters), []);
  const set = (name: keyof Filters) => (event: { readonly currentTarget: HTMLInputElement | HTMLSelectElement }): void =>
    setDraft((now) => ({ ...now, [name]: event.currentTarget.value }));
  const submit = (event: Event): void => {
    event.preventDefault();
    showQuery("audit", Object.fromEntries(FILTERS.map((name) => [name, draft[name]?.trim()])));
  };
  const text = (name: "who" | "record") => (
    <Field label={t(`audit.${name}`)}>
      {(attributes) => <input {...attributes} type="text" autocomplete="off" spellcheck={false} maxLength={100} value={draft[name] ?? ""} onInput={set(name)} />}
    </Field>
  );
  const day = (name: "from" | "to") => (
    <Field label={t(`audit.${name}`)}>
      {(attributes) => <input {...attributes} type="date" value={draft[name] ?? ""} onInput={set(name)} />}
    </Field>
  );
  return (
    <form class="audit-filter" role="search" onSubmit={submit} noValidate>
      {text("who")}
      <Field label={t("audit.what")}>
        {(attributes) => (
          <select {...attributes} value={draft.what ?? ""} onChange={set("what")}>
            <option value="">{t("audit.anything")}</option>
            {ACTIONS.map((action) => <option key={action} value={action}>{didWords(i18n, action)}</option>)}
          </select>
        )}
      </Field>
      {text("record")}
      {day("from")}
      {day("to")}
      <div class="audit-send">
        <button type="submit" class="button button-main">{t("audit.search")}</button>
        <button type="button" class="button" onClick={() => showQuery("audit", {})}>{t("audit.all")}</button>
      </div>
    </form>
  );
}

const COLUMNS = ["when", "who", "what", "record"] as const;

function Rows({ page }: { page: Page }) {
  const { i18n } = useManage();
  const { t } = i18n;
  if (page.entries.length === 0) {
    const back = page.next && page.back_to !== null;
    return <p class="soft" role="status">{back ? t("audit.nothing_since", { when: moment(i18n, page.back_to ?? 0) }) : t("audit.nothing")}</p>;
  }
  return (
    <Scroll label="audit-table">
      <table>
        <thead><tr>{COLUMNS.map((name) => <th key={name} scope="col">{t(`audit.${name}`)}</th>)}</tr></thead>
        <tbody>{page.entries.map((entry) => <Row key={entry.seq} entry={entry} />)}</tbody>
      </table>
    </Scroll>
  );
}

function Row({ entry }: { entry: Entry }) {
  const { i18n, site } = useManage();
  const { reason } = entry.details;
  return (
    <tr>
      <th scope="row">{moment(i18n, entry.at)}<small class="ident">{entry.seq}</small></th>
      <td><bdi>{whoWords(i18n, entry.actor, entry.role)}</bdi></td>
      <td class="wide">
        <p>{didWords(i18n, entry.action, entry.record)}</p>
        {reason !== undefined && <p><q dir="auto">{String(reason)}</q></p>}
      </td>
      <td class="wide"><span class="ident">{recordWords(site.site, entry.record)}</span>{factLines(entry).map((line) => <small key={line} class="ident">{line}</small>)}</td>
    </tr>
  );
}
