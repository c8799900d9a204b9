import type { DeskState, Offer } from "../state/model";
import { useConsole } from "./context";
import { languageName, titleOfKey } from "./names";
import { Running, useNow } from "./time";

/** Visitors that are offered to this person and to nobody else until the time is up. */
export function Offers({ state }: { state: DeskState }) {
  const { i18n } = useConsole();
  return (
    <div class="offers">
      <p class="vh" role="alert">
        {state.offers.map((offer) => (
          <span key={offer.conversation}>
            {i18n.t(offer.transfer ? "offer.announce_transfer" : "offer.announce", { queue: titleOfKey(i18n, state, offer.queueKey) })}
          </span>
        ))}
      </p>
      {state.offers.map((offer, index) => (
        <OfferCard key={offer.conversation} offer={offer} state={state} first={index === 0} />
      ))}
    </div>
  );
}

interface OfferCardProps {
  readonly offer: Offer;
  readonly state: DeskState;
  /** The keys answer the first offer only. */
  readonly first: boolean;
}

function OfferCard({ offer, state, first }: OfferCardProps) {
  const { i18n, actions, settings } = useConsole();
  const now = useNow();
  const { t } = i18n;
  const answer = (accept: boolean) => () => void actions.answerOffer(offer.conversation, accept);
  const title = t(offer.transfer ? "offer.title_transfer" : "offer.title");
  const keys = first && settings.oneKey;
  return (
    <section class="offer" aria-label={title}>
      <div class="offer-head">
        <h2>{title}</h2>
        <Countdown left={offer.expiresAt - now - state.skew} whole={offer.expiresAt - state.skew - offer.receivedAt} />
      </div>
      <p class="offer-queue">{titleOfKey(i18n, state, offer.queueKey)}</p>
      <p class="offer-facts">
        {languageName(i18n, offer.lang)} · {t("waiting.waited")} <Running ms={offer.waitedMs + now - offer.receivedAt} />
        {offer.priority > 0 && <> · <strong>{t("priority.high")}</strong></>}
      </p>
      <div class="offer-buttons">
        <button type="button" class="button button-main" aria-disabled={offer.answered}
          aria-keyshortcuts={keys ? "a" : undefined} onClick={answer(true)}>
          {t("offer.accept")}{keys && <kbd>A</kbd>}
        </button>
        <button type="button" class="button" aria-disabled={offer.answered}
          aria-keyshortcuts={keys ? "d" : undefined} onClick={answer(false)}>
          {t("offer.decline")}{keys && <kbd>D</kbd>}
        </button>
      </div>
    </section>
  );
}

/** Seconds left, and a line that grows shorter; screen readers hear the offer once, not each second. */
function Countdown({ left, whole }: { left: number; whole: number }) {
  const seconds = Math.max(0, Math.ceil(left / 1_000));
  const share = whole > 0 ? Math.min(1, Math.max(0, left / whole)) : 0;
  return (
    <span class="countdown" aria-hidden="true">
      <svg width="34" height="34" viewBox="0 0 36 36">
        <circle class="ring-back" cx="18" cy="18" r="15" />
        <circle class="ring" cx="18" cy="18" r="15" pathLength="100" stroke-dasharray={`${share * 100} 100`} transform="rotate(-90 18 18)" />
      </svg>
      <span class="countdown-number">{seconds}</span>
    </span>
  );
}
