import type { UnavailableFrame } from "../core/frames";
import words from "../i18n/later.json";
import { AdviceScreen } from "./Ask";
import { Heading } from "./Heading";
import { Help } from "./Help";
import { OtherLanguagesFirst, useOwn } from "./Languages";
import { useNow, useUi } from "./ui";
import type { View } from "./view";

/** Told why not: no conversation exists, and where else there is help. */
export function UnavailableScreen({ view, frame }: { view: View; frame: UnavailableFrame }) {
  const { session } = useUi();
  const { own, others } = useOwn(view, frame.queue ?? view.queue);
  if (frame.messages?.length) return <AdviceScreen frame={frame} />;
  return (
    <div class="content">
      {frame.reason === "no_staff" && others.length > 0 ? <OtherLanguagesFirst own={own} others={others} onStart={(chosen) => session.enter(chosen)} /> : <WhyNot frame={frame} />}
      <Help emergency={frame.emergency} alternatives={frame.alternatives} />
    </div>
  );
}

function WhyNot({ frame }: { frame: UnavailableFrame }) {
  const { i18n, session } = useUi();
  const { t } = i18n;
  const now = useNow(30_000);
  const queue = i18n.marked(frame.names);
  const limited = frame.reason === "too_many";
  return (
    <section class={`state ${frame.reason}`}>
      <Heading><span class="dot" />{limited ? i18n.pick(words["limited.title"]) : t(`unavailable.${frame.reason}`)}</Heading>
      {queue.children && <p {...queue} />}
      {frame.opens_at != null && <p>{t("opens", { when: i18n.moment(frame.opens_at, now) })}</p>}
      {limited && frame.until != null && <p>{i18n.pick(words["limited.until"]).replace("{when}", i18n.moment(frame.until, now))}</p>}
      <p>{limited ? i18n.pick(words["limited.text"]) : t("unavailable.text")}</p>
      <button type="button" class="button quiet" onClick={() => session.browse()}>{t("unavailable.again")}</button>
    </section>
  );
}
