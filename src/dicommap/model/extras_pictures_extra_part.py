"""The extra that pictures need, and what is said where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from dicommap.errors import MissingExtraError

PIXELS_INSTALL_COMMAND = "pip install 'dicommap[pixels]'"
_PIXELS_PACKAGES = {"numpy": "numpy", "PIL": "pillow"}


def require_pixels() -> None:
    """Raise MissingExtraError unless what draws pictures can be imported; a codec that is missing is told later."""
    missing = [name for module, name in _PIXELS_PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise MissingExtraError(f"Pictures need {' and '.join(missing)}.", fix=f"Install it: {PIXELS_INSTALL_COMMAND}")
