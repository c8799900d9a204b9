"""Subscriptions in a cluster: each at the server that has its channel's slot, following it as it moves."""

import asyncio
from collections.abc import Callable

from chatsvc.store.cluster_map import redirect
from chatsvc.store.link_feed import Feed, Subscription
from chatsvc.store.link_url import Endpoint, StoreUrl
from chatsvc.store.resp import StoreRefused


class ClusterFeeds:
    """One feed for each server that has a channel of ours.

    `owner` says who has a slot; `on_moved` hears where a slot is, or None: just not where it was.
    """

    def __init__(
        self,
        url: StoreUrl,
        client_name: str,
        owner: Callable[[int], Endpoint | None],
        on_moved: Callable[[int, Endpoint | None], None],
    ) -> None:
        self._url = url
        self._client_name = client_name
        self._owner = owner
        self._on_moved = on_moved
        self._feeds: dict[Endpoint, Feed] = {}
        self._homeless: list[Subscription] = []
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def unsettled(self) -> bool:
        """Whether some subscription waits for a map that says where it belongs."""
        return bool(self._homeless)

    def add(self, subscription: Subscription) -> None:
        """Subscribes where the slot is, or once that is known."""
        place = self._owner(subscription.slot)
        if place is None:
            self._homeless.append(subscription)
        else:
            self._at(place).add(subscription)

    def drop(self, subscription: Subscription) -> None:
        """Ends the subscription, wherever it is."""
        if subscription in self._homeless:
            self._homeless.remove(subscription)
        for feed in self._feeds.values():
            feed.drop(subscription)

    def rehome(self) -> None:
        """Brings every subscription to where the present map has its slot, and closes feeds without any."""
        for place, feed in list(self._feeds.items()):
            for channel, slot in feed.channels():
                if self._owner(slot) not in {place, None}:
                    self._homeless += feed.leave(channel)
        homeless, self._homeless = self._homeless, []
        for subscription in homeless:
            self.add(subscription)
        for place, feed in list(self._feeds.items()):
            if not feed.channels():
                del self._feeds[place]
                task = asyncio.create_task(feed.close())
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Ends all connections."""
        feeds, self._feeds = list(self._feeds.values()), {}
        self._homeless.clear()
        await asyncio.gather(*(feed.close() for feed in feeds), *self._closing)

    def _at(self, place: Endpoint) -> Feed:
        feed = self._feeds.get(place)
        if feed is None:

            async def locate() -> Endpoint:
                return place

            feed = Feed(self._url, self._client_name, locate, self._unsubscribed)
            self._feeds[place] = feed
        return feed

    def _unsubscribed(self, feed: Feed, channel: bytes, error: StoreRefused | None) -> None:
        orphans = feed.leave(channel)
        if not orphans:
            return
        place = redirect(error, feed.place) if error is not None and error.code == "MOVED" else None
        if place is None:
            self._homeless += orphans
        else:
            for subscription in orphans:
                self._at(place).add(subscription)
        self._on_moved(orphans[0].slot, place)
