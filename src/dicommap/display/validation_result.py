"""Validation: the result of `validate`, which has the issues, and the forecast of image sets if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.issue_report import Issues
from dicommap.display.report import Report, build_masked_notes
from dicommap.display.store_forecast_report import build_store_forecast_blocks
from dicommap.model.masking import make_repr_masker

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from dicommap.issues import Issue
    from dicommap.model.submission import JobCounts
    from dicommap.overrides.store_forecast import StoreForecast


class Validation(Issues):
    """The issues of a package, with the forecast of image sets if the package was compared with a data store.

    It is equal to any tuple or list of the same issues.

    Attributes:
        store_forecast: The forecast of image sets; None if the package was not compared with a data store.
        job_counts: The numbers of started, ended and other jobs; None for a document, or a package with errors.
    """

    store_forecast: StoreForecast | None = None
    job_counts: JobCounts | None = None

    @classmethod
    def of_package(
        cls, issues: Iterable[Issue], job_counts: JobCounts | None, forecast: StoreForecast | None = None
    ) -> Self:
        """Return a Validation of a package: its issues, the numbers of its jobs, and the forecast."""
        made = cls.with_forecast(issues, forecast)
        made.job_counts = job_counts
        return made

    @classmethod
    def with_forecast(cls, issues: Iterable[Issue], forecast: StoreForecast | None) -> Self:
        """Return a Validation with these issues and this forecast."""
        made = cls(issues)
        made.store_forecast = forecast
        return made

    def _build_report(self) -> Report:
        report = super()._build_report()
        if self.store_forecast is None:
            return report
        masker = make_repr_masker()
        blocks = build_store_forecast_blocks(self.store_forecast, masker=masker, heading="Image sets in the data store")
        return Report(
            title=report.title,
            counts=report.counts,
            severities=report.severities,
            blocks=[*report.blocks, *blocks, *build_masked_notes(masker)],
        )
