"""Base classes of objects that notebooks show as HTML and terminals as text.

Most classes build their own report. Classes of the package `model` do not, because `model` must not import `display`.
The module `dicommap.display.object_display` builds the reports of these classes. It is imported when the first object
is shown.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeVar

_DISPLAY_MODULE = "dicommap.display.object_display"
_ItemT = TypeVar("_ItemT")


class Displayable:
    """Base class of objects that are shown as a report. The code that renders reports is imported when it is needed."""

    __slots__ = ()

    def _build_report(self) -> object:
        """Return the report of this object. It masks patient values unless the user asked to see them.

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
        # An object inside a list is shown by its repr, which has one line for objects that are often in lists.
        is_alone = len(getattr(printer, "stack", ())) <= 1
        for number, line in enumerate((str(self) if is_alone else repr(self)).split("\n")):
            if number:
                printer.break_()
            printer.text(line)


class DisplayableInLists(Displayable):
    """Base class of objects that are often in lists and logs: `repr` gives one line, and `str` and HTML give a report.

    The repr never shows a patient value, even if values are unmasked.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(_import_display().format_bracketed_line(self))

    _repr_pretty_ = Displayable._repr_pretty_  # without this line, IPython would show the repr and not the report


def _import_display() -> Any:  # noqa: ANN401  a module
    return import_module(_DISPLAY_MODULE)


class DisplayableTuple(tuple[_ItemT, ...], Displayable):
    """Base class of tuples that are shown as a report. A tuple is equal to any tuple or list with the same items."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, tuple(other)) if isinstance(other, tuple | list) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__

    # Without these two lines, the __str__ and __repr__ of tuple would be used.
    __str__ = Displayable.__str__
    __repr__ = Displayable.__repr__
