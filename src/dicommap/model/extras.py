"""Check that the packages of an optional extra of dicommap are installed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from dicommap.errors import MissingExtraError

EXTRA_MODULES = {
    "arrow": ("pyarrow",),
    "pandas": ("pandas", "pyarrow"),
    "polars": ("polars", "pyarrow"),
}
"""Name of an optional extra for frames -> names of the modules that the extra installs."""
_OTHER_EXTRA_MODULES = {"excel": ("xlsxwriter",)}
"""Name of another optional extra -> names of the modules that the extra installs."""

PIXELS_INSTALL_COMMAND = "pip install 'dicommap[pixels]'"
_PIXELS_PACKAGES = {"numpy": "numpy", "PIL": "pillow"}
"""Module of the extra `pixels` -> name of the package that installs it."""


def require_extra(extra: str) -> None:
    """Raise MissingExtraError if a module of an optional extra cannot be imported.

    Args:
        extra: A key of `EXTRA_MODULES`, `excel`, or `pixels`. The codecs of `pixels` are checked only when an image
            needs one.

    Raises:
        MissingExtraError: A module of the extra is not installed.
    """
    if extra == "pixels":
        _require_pixels()
        return
    for module in (EXTRA_MODULES | _OTHER_EXTRA_MODULES)[extra]:
        try:
            import_module(module)
        except ImportError:
            raise MissingExtraError(
                f"{module} cannot be imported.", fix=f"Install it: pip install 'dicommap[{extra}]'"
            ) from None


def _require_pixels() -> None:
    # The modules are not imported: importing numpy takes time, and the codec process may draw the picture.
    missing = [package for module, package in _PIXELS_PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise MissingExtraError(f"Pictures need {' and '.join(missing)}.", fix=f"Install it: {PIXELS_INSTALL_COMMAND}")
