"""The build hook of wheels and sdists: the built front end goes in; installing them needs no Node.js."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parents[2]))
from deploy.build import frontend


class FrontendHook(BuildHookInterface[Any]):
    """Builds the front end before a wheel or an sdist is put together."""

    def dependencies(self) -> list[str]:
        """What the build environment needs besides hatchling: Node.js as a wheel, where npm is missing."""
        return [] if self._already_built() or frontend.usable_node() else [frontend.NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatchling's)
        if version == "editable" or self._already_built():
            return
        try:
            frontend.build(may_install=False)
        except frontend.FrontendError as problem:
            self.app.abort(str(problem))

    def _already_built(self) -> bool:
        # An unpacked sdist carries its built front end, and PKG-INFO, which a checkout never has.
        return (
            Path(self.root, "PKG-INFO").is_file()
            and Path(self.root, "chatsvc/static/manifest.json").is_file()
        )
