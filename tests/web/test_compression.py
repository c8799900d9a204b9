"""The front end travels compressed."""

import gzip
import re
from pathlib import Path

import aiohttp
import pytest

from tests.support.service import Service

FIRST_OPEN = 25 * 1024


async def fetched(service: Service, path: str) -> tuple[int, str]:
    """Bytes on the wire, and the text."""
    async with (
        aiohttp.ClientSession(auto_decompress=False) as http,
        http.get(service.base + path, headers={"Accept-Encoding": "gzip"}) as answer,
    ):
        assert answer.status == 200
        assert answer.headers["Content-Encoding"] == "gzip"
        raw = await answer.read()
    return len(raw), gzip.decompress(raw).decode()


async def test_the_first_open_fits_its_budget_on_the_wire(service: Service, static_dir: Path) -> None:
    """The panel's page, scripts, styles and one language take at most 25 KB of answers, the launcher 4 KB."""
    assert static_dir.is_dir()
    assert (await fetched(service, "/w.js"))[0] <= 4096
    size, page = await fetched(service, "/panel?site=kunta")
    assets = set(re.findall(r'(?:href|src)="(/assets/[\w.-]+)"', page))
    assets.add(f"/assets/{next((static_dir / 'assets').glob('panel.fi-*.json')).name}")
    assert len(assets) > 2
    total = size + sum([(await fetched(service, asset))[0] for asset in assets])
    assert total <= FIRST_OPEN


@pytest.mark.parametrize("path", ["/w.js", "/console/"])
async def test_clients_without_gzip_get_plain_bytes(service: Service, static_dir: Path, path: str) -> None:
    """Nothing is compressed for those who did not ask."""
    assert static_dir.is_dir()
    async with (
        aiohttp.ClientSession(auto_decompress=False) as http,
        http.get(service.base + path, headers={"Accept-Encoding": "identity"}) as answer,
    ):
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Vary"] == "Accept-Encoding"
