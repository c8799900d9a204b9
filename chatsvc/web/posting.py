"""A message between a socket and the store."""

from typing import TYPE_CHECKING, Any

import structlog
from msgspec import UNSET

from chatsvc.domain.errors import ChatError
from chatsvc.domain.records import EntryBody, LogEntry
from chatsvc.services.pool import stored
from chatsvc.web import frames
from chatsvc.web.logfeed import LogFeed

if TYPE_CHECKING:
    from chatsvc.web.connection import Connection
    from chatsvc.web.fanout import Hub

_log = structlog.get_logger("chatsvc.web")


class Posting:
    """Hears the store's answer (`domain.ports.Reply`): then acknowledges, and tells this node's own people.

    Called straight from the connection to the store: a future's way over the event loop would cost as much as all else.
    """

    __slots__ = ("_feed", "_frame", "_hub", "_session", "body")

    def __init__(
        self, session: "Connection", hub: "Hub", feed: LogFeed, frame: frames.Say | frames.WriteNote
    ) -> None:
        self._session = session
        self._hub = hub
        self._feed = feed
        self._frame = frame
        self.body: EntryBody | None = None

    def done(self) -> bool:
        """Never: even when the socket has gone, others of this node want the entry."""
        return False

    def set_result(self, result: Any, /) -> None:
        """The script's answer."""
        try:
            self._settle(result)
        except ChatError as error:
            self._refuse(error)
        except Exception:  # noqa: BLE001 - the connection to the store serves others too
            _log.exception("posting_failed")
        finally:
            self._session.land()

    def set_exception(self, exception: Exception, /) -> None:
        """It is not known to be stored."""
        if not isinstance(exception, ChatError):
            _log.error("posting_failed", exc_info=exception)
            exception = ChatError("Something went wrong here; try again.")
        self._refuse(exception)
        self._session.land()

    def _settle(self, answer: bytes) -> None:
        seq, at, fresh = stored(answer)
        feed, frame, session = self._feed, self._frame, self._session
        ack = frames.Ack(ref=frame.ref, id=frame.id, seq=seq, at=at, conversation=feed.named)
        feed.cursor.offer(seq, ack, own=True)
        if fresh and self.body is not None:
            session.node.metrics.messages[session.who].inc()
            if self._hub.others(feed.conversation, session):
                self._hub.spread(feed.conversation, feed.log, LogEntry(seq, at, self.body), session)

    def _refuse(self, error: ChatError) -> None:
        frame = self._frame
        self._session.refuse(error, None if frame.ref is UNSET else frame.ref, frame.id, self._feed.named)
