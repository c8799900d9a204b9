import type { Help as HelpItem, Texts } from "../core/frames";
import { Icon } from "./icons";
import { useUi } from "./ui";

const callable = (phone: string) => `tel:${phone.replace(/[^+\d]/g, "")}`;
const safe = (url: string) => (/^https?:\/\//i.test(url) ? url : null);

export function OutsideLink({ href, children }: { href: string; children: preact.ComponentChildren }) {
  const { i18n } = useUi();
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
      <span class="unseen"> {i18n.t("new_tab")}</span>
    </a>
  );
}

function Item({ item }: { item: HelpItem }) {
  const { i18n } = useUi();
  const name = i18n.marked(item.names);
  const url = item.url ? safe(item.url) : null;
  const words = <span {...name} />;
  return (
    <li>
      <span>
        {url ? <OutsideLink href={url}>{words}</OutsideLink> : words}
        {item.hours && <> <span class="soft" {...i18n.marked(item.hours)} /></>}
      </span>
      {item.phone && (
        <a class="phone" href={callable(item.phone)} lang={name.lang} aria-label={`${name.children}: ${item.phone}`}>
          <Icon name="phone" />
          {item.phone}
        </a>
      )}
    </li>
  );
}

function List({ title, items, kind }: { title: string; items: readonly HelpItem[]; kind: string }) {
  if (items.length === 0) return null;
  return (
    <section class={`help ${kind}`}>
      <h2>{title}</h2>
      <ul>{items.map((item, i) => <Item key={i} item={item} />)}</ul>
    </section>
  );
}

/** Where else there is help: first what is urgent. */
export function Help({ emergency, alternatives }: { emergency?: readonly HelpItem[] | undefined; alternatives?: readonly HelpItem[] | undefined }) {
  const { t } = useUi().i18n;
  return (
    <>
      <List title={t("emergency.title")} items={emergency ?? []} kind="urgent" />
      <List title={t("alternatives.title")} items={alternatives ?? []} kind="other" />
    </>
  );
}

/** The privacy notice of the site, before anything has been written. */
export function Privacy({ notice, url }: { notice: Texts | undefined; url: Texts | undefined }) {
  const { i18n } = useUi();
  const more = safe(i18n.pick(url));
  return (
    <section class="privacy">
      <h2><Icon name="lock" /> {i18n.t("privacy.title")}</h2>
      <p {...i18n.marked(notice, i18n.t("privacy.default"))} />
      {more && <p><OutsideLink href={more}>{i18n.t("privacy.more")}</OutsideLink></p>}
    </section>
  );
}
