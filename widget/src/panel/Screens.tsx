import { Heading } from "./Heading";
import { Help } from "./Help";
import { useNow, useUi } from "./ui";
import type { View } from "./view";

export function Loading({ joining }: { joining: boolean }) {
  const { t } = useUi().i18n;
  return (
    <div class="content centre">
      <span class="spinner big" />
      <p role="status">{t(joining ? "joining" : "app.loading")}</p>
    </div>
  );
}

/** Told why not: no conversation exists, and where else there is help. */
export function Unavailable({ view }: { view: View }) {
  const { i18n, session } = useUi();
  const { t } = i18n;
  const now = useNow(30_000);
  const frame = view.unavailable;
  if (!frame) return null;
  const queue = i18n.pick(frame.names);
  return (
    <div class="content">
      <section class={`state ${frame.reason}`}>
        <Heading><span class="dot" />{t(`unavailable.${frame.reason}`)}</Heading>
        {queue && <p>{queue}</p>}
        {frame.opens_at != null && <p>{t("opens", { when: i18n.moment(frame.opens_at, now) })}</p>}
        <p>{t("unavailable.text")}</p>
        <button type="button" class="button quiet" onClick={() => session.browse()}>{t("unavailable.again")}</button>
      </section>
      <Help emergency={frame.emergency} alternatives={frame.alternatives} />
    </div>
  );
}
