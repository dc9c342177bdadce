"""Check that the packages of an optional extra are installed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from dicommap.errors import MissingExtraError

EXTRA_MODULES = {"arrow": ("pyarrow",), "pandas": ("pandas", "pyarrow"), "polars": ("polars", "pyarrow")}
"""Extras of dicommap and the modules that come with each."""


def require_extra(extra: str) -> None:
    """Raise MissingExtraError where a module of an extra cannot be imported."""
    for module in EXTRA_MODULES[extra]:
        try:
            import_module(module)
        except ImportError:
            raise MissingExtraError(
                f"{module} cannot be imported.", fix=f"Install it: pip install 'dicommap[{extra}]'"
            ) from None


PIXELS_INSTALL_COMMAND = "pip install 'dicommap[pixels]'"
_PIXELS_PACKAGES = {"numpy": "numpy", "PIL": "pillow"}


def require_pixels() -> None:
    """Raise MissingExtraError unless what draws pictures can be imported; a codec that is missing is told later."""
    missing = [name for module, name in _PIXELS_PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise MissingExtraError(f"Pictures need {' and '.join(missing)}.", fix=f"Install it: {PIXELS_INSTALL_COMMAND}")
