"""What a waiting visitor is told of their place, and what nobody is told who waits no longer."""

from dataclasses import replace

import pytest

from chatsvc.domain.records import Conversation
from chatsvc.services.queues import Place
from chatsvc.web.frames import Waiting
from chatsvc.web.standing import Standing
from tests.support.service import make_site

SITE = make_site()
RECORD = Conversation(
    id="c", site="kunta", queue="kunta/paihde", lang="fi", visitor="v", state="waiting", rev=1, joined=1, score=1.0,
    priority=0, parts=[], pend=[],
)  # fmt: skip


@pytest.mark.parametrize("state", ["active", "wrap_up", "closed"])
def test_no_place_is_told_to_whoever_has_been_taken(state: str) -> None:
    """The look at the line takes a moment; whoever is in a conversation by then is not sent back to waiting."""
    told: list[Waiting] = []
    standing = Standing(SITE, SITE.queues[0], told.append)
    taken = replace(RECORD, state=state)
    standing.at_least(Place(1, None, ("fi",)), taken, 1, 10.0)
    assert standing.at(Place(1, None, ("fi",)), taken, 1, 10.0)
    assert told == []
    standing.at_least(Place(1, (0, 60), ("fi",)), RECORD, 1, 10.0)
    assert standing.at(Place(1, None, ()), RECORD, 1, 20.0)
    assert not told.pop().staffed
    assert [frame.position for frame in told] == [1]
