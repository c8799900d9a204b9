"""The operators' port: /metrics for Prometheus and /healthz, on an address of its own."""

from __future__ import annotations

import asyncio

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from chatsvc.telemetry.metrics import Metrics


class MetricsServer:
    """A running server of metrics; `port` is the real one, also when 0 was asked for."""

    def __init__(self, runner: web.AppRunner, port: int) -> None:
        self._runner = runner
        self.port = port

    async def close(self) -> None:
        await self._runner.cleanup()


async def start_metrics_server(metrics: Metrics, host: str, port: int) -> MetricsServer:
    """Serves `metrics` on `host`:`port` until closed. Raises OSError when the port is taken."""
    app = web.Application()

    async def show(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        # In a thread: a deployment with hundreds of queues must not hold up the sockets of this loop.
        body = await asyncio.to_thread(encode, metrics.registry)
        return web.Response(body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    async def health(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    app.router.add_get("/metrics", show)
    app.router.add_get("/healthz", health)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, reuse_address=True)
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    return MetricsServer(runner, int(runner.addresses[0][1]))
