"""The figures as a real scraper sees them."""

import subprocess

import pytest
from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from chatsvc.telemetry.metrics import Metrics, QueueFigures
from chatsvc.telemetry.server import start_metrics_server

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


async def scrape(metrics: Metrics) -> str:
    server = await start_metrics_server(metrics, "127.0.0.1", 0)
    try:
        async with ClientSession() as client, client.get(f"http://127.0.0.1:{server.port}/metrics") as answer:
            assert answer.status == 200
            return await answer.text()
    finally:
        await server.close()


def samples(page: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def busy() -> Metrics:
    metrics = Metrics()
    metrics.set_queue(
        "kunta",
        "paihde",
        QueueFigures(3, 61.5, free_capacity=0, staffed_capacity=6, on_duty=2, conversations={"active": 6}),
    )
    metrics.waited("kunta", "paihde", 42.0)
    metrics.messages["visitor"].inc()
    metrics.messages["visitor"].inc()
    metrics.reconnects["counsellor"].inc()
    metrics.connections["visitor"].inc()
    metrics.delivery_seconds.observe(0.003)
    metrics.delivery_seconds.observe(99.0)
    metrics.store_seconds.observe(0.001)
    metrics.refused("full")
    metrics.slow_readers.inc()
    metrics.store_up.set(1)
    metrics.loop_ran("offers", 1_700_000_000.0, 0.25)
    metrics.loop_failed("offers")
    return metrics


async def test_what_was_counted_is_shown() -> None:
    """Every figure that the service notes is on the page, under its name and labels."""
    seen = samples(await scrape(busy()))
    queue = (("queue", "paihde"), ("site", "kunta"))
    assert seen["chatsvc_waiting", queue] == 3
    assert seen["chatsvc_oldest_wait_seconds", queue] == 61.5
    assert seen["chatsvc_free_capacity", queue] == 0
    assert seen["chatsvc_staffed_capacity", queue] == 6
    assert seen["chatsvc_on_duty", queue] == 2
    assert seen["chatsvc_conversations", (*queue, ("state", "active"))] == 6
    assert seen["chatsvc_wait_seconds_count", queue] == 1
    assert seen["chatsvc_messages_total", (("sender", "visitor"),)] == 2
    assert seen["chatsvc_messages_total", (("sender", "counsellor"),)] == 0
    assert seen["chatsvc_reconnects_total", (("who", "counsellor"),)] == 1
    assert seen["chatsvc_connections", (("who", "visitor"),)] == 1
    assert seen["chatsvc_refused_total", (("reason", "full"),)] == 1
    assert seen["chatsvc_loop_lag_seconds", (("loop", "offers"),)] == 0.25


async def test_durations_fall_into_cumulative_buckets() -> None:
    """A histogram counts each duration in its bucket and in all wider ones."""
    seen = samples(await scrape(busy()))
    assert seen["chatsvc_delivery_seconds_bucket", (("le", "0.002"),)] == 0
    assert seen["chatsvc_delivery_seconds_bucket", (("le", "0.005"),)] == 1
    assert seen["chatsvc_delivery_seconds_bucket", (("le", "+Inf"),)] == 2
    assert seen["chatsvc_delivery_seconds_count", ()] == 2
    assert seen["chatsvc_delivery_seconds_sum", ()] == pytest.approx(99.003)


async def test_a_queue_that_is_gone_is_no_longer_shown() -> None:
    """Forgetting a queue takes all its figures away."""
    metrics = busy()
    metrics.forget_queue("kunta", "paihde")
    assert "paihde" not in await scrape(metrics)


async def test_an_unknown_reason_makes_no_new_label() -> None:
    """A reason that is not listed, as from a hostile client, is counted as `other`."""
    metrics = Metrics()
    metrics.refused("Mozilla/5.0 127.0.0.7")
    page = await scrape(metrics)
    assert samples(page)["chatsvc_refused_total", (("reason", "other"),)] == 1
    assert "127.0.0.7" not in page


async def test_the_page_passes_the_check_of_prometheus() -> None:
    """Prometheus' own promtool finds nothing to say against names, types and help texts."""
    page = await scrape(busy())
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


async def test_the_operators_port_says_that_the_process_lives() -> None:
    """/healthz answers on the operators' port."""
    server = await start_metrics_server(Metrics(), "127.0.0.1", 0)
    try:
        async with ClientSession() as client, client.get(f"http://127.0.0.1:{server.port}/healthz") as answer:
            assert (answer.status, await answer.text()) == (200, "ok\n")
    finally:
        await server.close()


async def test_a_taken_port_is_reported() -> None:
    """A second server on the same port is refused with the system's error."""
    first = await start_metrics_server(Metrics(), "127.0.0.1", 0)
    try:
        with pytest.raises(OSError, match="address already in use"):
            await start_metrics_server(Metrics(), "127.0.0.1", first.port)
    finally:
        await first.close()
