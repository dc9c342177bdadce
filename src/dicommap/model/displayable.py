"""Base classes of objects that notebooks show as HTML and terminals as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from dicommap.display.report import Report

MAX_LINE_LENGTH = 400


class Displayable:
    """An object with a report. The renderers are imported only when the report is shown."""

    __slots__ = ()

    def _build_report(self) -> Report:
        """Return the report of this object. Patient values are masked unless the user asked for them."""
        raise NotImplementedError

    def __str__(self) -> str:
        from dicommap.display.report_text import render_text

        return render_text(self._build_report())

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from dicommap.display.report_html import render_html_fragment

        return render_html_fragment(self._build_report())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ANN401  IPython's
        # Inside a list the repr is shown, which may be shorter than the report.
        is_alone = len(getattr(printer, "stack", ())) <= 1
        for number, line in enumerate((str(self) if is_alone else repr(self)).split("\n")):
            if number:
                printer.break_()
            printer.text(line)


class DisplayableInLists(Displayable):
    """An object that often is in lists: its repr is one line, for lists and logs; its text and HTML are a report."""

    __slots__ = ()

    def _line(self) -> str:
        """Return a line about the object, without any value that may be masked."""
        raise NotImplementedError

    def __repr__(self) -> str:
        from dicommap.dicom.printable_text import make_printable
        from dicommap.display.formatting import truncate_text

        return f"<{truncate_text(make_printable(self._line()), MAX_LINE_LENGTH)}>"

    _repr_pretty_ = Displayable._repr_pretty_  # otherwise IPython uses the __repr__ of this class
