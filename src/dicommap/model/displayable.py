"""Base classes of objects that notebooks show as HTML and terminals as text.

Most objects build their own report. Objects of the model cannot, because the room `display` is above this one: their
reports are registered in `dicommap.display.object_display`, which is imported when the first object is shown.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_DISPLAY_MODULE = "dicommap.display.object_display"


class Displayable:
    """The base class of objects that notebooks and terminals show as a report. Rendering code is imported only then."""

    __slots__ = ()

    def _build_report(self) -> object:
        """Return the report of this object. Patient values in it are masked unless the user asked to see them.

        Returns:
            A `dicommap.display.report.Report`.
        """
        return _import_display().build_report(self)

    def __str__(self) -> str:
        return str(_import_display().render_text(self._build_report()))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return str(_import_display().render_html(self._build_report()))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ANN401  IPython's
        # An object inside a list is shown by its repr, which is one line for objects that are in lists.
        is_alone = len(getattr(printer, "stack", ())) <= 1
        for number, line in enumerate((str(self) if is_alone else repr(self)).split("\n")):
            if number:
                printer.break_()
            printer.text(line)


class DisplayableInLists(Displayable):
    """The base class of objects that are often in lists and logs: the repr is one line, text and HTML are a report.

    The line never shows a patient value, even if values are unmasked.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(_import_display().format_line(self))

    _repr_pretty_ = Displayable._repr_pretty_  # IPython prefers a __repr__ of the class to an inherited _repr_pretty_


def _import_display() -> Any:  # noqa: ANN401  a module
    return import_module(_DISPLAY_MODULE)
