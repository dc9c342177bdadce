"""Check that the packages of an optional extra are installed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from dicommap.errors import MissingExtraError

EXTRA_MODULES = {"arrow": ("pyarrow",), "pandas": ("pandas", "pyarrow"), "polars": ("polars", "pyarrow")}
"""Extras of dicommap that make frames -> the modules that each installs."""

PIXELS_INSTALL_COMMAND = "pip install 'dicommap[pixels]'"
_PIXELS_PACKAGES = {"numpy": "numpy", "PIL": "pillow"}
"""Module -> package, of the extra `pixels`."""


def require_extra(extra: str) -> None:
    """Check that the modules of an extra can be imported.

    Args:
        extra: A key of `EXTRA_MODULES`, or `pixels`. Codecs of `pixels` are checked when an image needs one.

    Raises:
        MissingExtraError: A module of the extra is not installed.
    """
    if extra == "pixels":
        _require_pixels()
        return
    for module in EXTRA_MODULES[extra]:
        try:
            import_module(module)
        except ImportError:
            raise MissingExtraError(
                f"{module} cannot be imported.", fix=f"Install it: pip install 'dicommap[{extra}]'"
            ) from None


def _require_pixels() -> None:
    # Looked up and not imported: numpy takes time, and a picture may come from the codec process.
    missing = [package for module, package in _PIXELS_PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise MissingExtraError(f"Pictures need {' and '.join(missing)}.", fix=f"Install it: {PIXELS_INSTALL_COMMAND}")
