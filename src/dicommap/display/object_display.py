"""Functions that make the report and the one-line description of an object of `dicommap.model`, chosen by its class.

`dicommap.model.displayable` imports this module when an object is shown for the first time. To show a new class of the
model, register its report in this module: `build_report.register(MyClass)(build_my_report)`.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.display.formatting import truncate_text
from dicommap.display.inventory_report import build_summary_report
from dicommap.display.report_text import render_text
from dicommap.display.study_report import (
    build_instance_report,
    build_instance_values_report,
    build_series_report,
    build_study_report,
    format_instance_line,
    format_instance_values_line,
    format_series_line,
    format_study_line,
)
from dicommap.model.instance_values import InstanceValues
from dicommap.model.inventory_summary import InventorySummary
from dicommap.model.masking import make_repr_masker
from dicommap.model.study import Instance, Series, Study

if TYPE_CHECKING:
    from dicommap.display.report import Report

__all__ = ["build_report", "describe_in_one_line", "format_bracketed_line", "render_html", "render_text"]

MAX_LINE_LENGTH = 400
"""Maximum number of characters of an object's one-line description. A longer one is cut."""


@singledispatch
def build_report(shown: object) -> Report:
    """Return the report of an object of the model.

    Raises:
        TypeError: No report function is registered for the class of the object.
    """
    raise TypeError(f"{type(shown).__name__} has no report.")


@build_report.register(Study)
def _build_masked_study_report(study: Study) -> Report:
    unmasked = any(series.unmasked for series in study.series)
    return build_study_report(study, masker=make_repr_masker(unmasked=unmasked))


@build_report.register(Series)
def _build_masked_series_report(series: Series) -> Report:
    return build_series_report(series, masker=make_repr_masker(unmasked=series.unmasked))


@build_report.register(InstanceValues)
def _build_masked_instance_report(instance: InstanceValues) -> Report:
    return build_instance_values_report(instance, masker=make_repr_masker(unmasked=instance.unmasked))


build_report.register(Instance)(build_instance_report)
build_report.register(InventorySummary)(build_summary_report)


@singledispatch
def describe_in_one_line(shown: object) -> str:
    """Return a one-line description of an object of the model, without patient values.

    Raises:
        TypeError: No function for the one-line description is registered for the class of the object.
    """
    raise TypeError(f"{type(shown).__name__} has no line for lists.")


describe_in_one_line.register(Study)(format_study_line)
describe_in_one_line.register(Series)(format_series_line)
describe_in_one_line.register(Instance)(format_instance_line)
describe_in_one_line.register(InstanceValues)(format_instance_values_line)


def format_bracketed_line(shown: object) -> str:
    """Return the one-line description of an object in angle brackets, for the repr of the object inside a list.

    Example: `<Study 1.2.3: CT, 2 series, 9 instances, 5.0 MB>`.
    """
    return f"<{truncate_text(make_printable(describe_in_one_line(shown)), MAX_LINE_LENGTH)}>"


def render_html(report: Report) -> str:
    """Render a report as an HTML fragment for a notebook."""
    from dicommap.display.report_html import render_html_fragment

    return render_html_fragment(report)
