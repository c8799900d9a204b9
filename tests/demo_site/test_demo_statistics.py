"""The demo's made-up month."""

from chatsvc.demo_statistics import SITE, demo_month, seed_statistics
from chatsvc.domain.statistics import month_table
from chatsvc.services.statistics import days_of
from chatsvc.store.link import Link
from chatsvc.store.statistics import PoolCounts
from tests.support.stores import SingleStore

pytest_plugins = ["tests.support.stores"]
IN_NOVEMBER = 1_795_355_999_000


def test_it_is_a_month_as_services_have_them() -> None:
    """Most are answered, nobody still waits, small numbers are left out, and it is the same whenever it is made."""
    counts = demo_month("2026-10")
    assert counts == demo_month("2026-10")
    table = month_table("2026-10", counts, [], list(days_of("2026-10")))
    site = table.rows[0]
    assert site.cells["waiting"] == 0
    assert (site.cells["answered"] or 0) > (site.cells["attempts"] or 0) / 2
    assert site.answered is not None
    assert any(value is None for row in table.rows for value in row.cells.values())


async def test_it_is_written_once(valkey: SingleStore) -> None:
    """The month before the present one; what is there already stays."""
    link = await Link.open(valkey.url, client_name="test")
    try:
        counts = PoolCounts(link, "kunta")
        await seed_statistics(counts, IN_NOVEMBER)
        assert await counts.months() == [(SITE, "2026-10")]
        assert await counts.month(SITE, "2026-10") == +demo_month("2026-10")
        await counts.restore(SITE, "2026-10", {next(iter(demo_month("2026-10"))): 1})
        await seed_statistics(counts, IN_NOVEMBER)
        assert await counts.month(SITE, "2026-10") != +demo_month("2026-10")
    finally:
        await link.close()
