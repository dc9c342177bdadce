"""What frames need beside dicommap itself, and the word on how to get it."""

from __future__ import annotations

from importlib import import_module

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
