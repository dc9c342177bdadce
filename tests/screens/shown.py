"""Everything that notebooks show, of the real files that pydicom ships, as HTML by name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from pydicom import dcmread

import dicommap
from dicommap.progress import Progress
from dicommap.progress.notebook_bar import format_bar_html

URI = "s3://example-bucket/incoming/"
ACCOUNT: dict[str, Any] = {
    "datastore_id": "0123456789abcdef0123456789abcdef",
    "data_access_role_arn": "arn:aws:iam::123456789012:role/import",
    "output_s3_uri": "s3://example-bucket/results/",
}


class HasHtml(Protocol):
    """What a notebook can show."""

    def _repr_html_(self) -> str: ...


@contextmanager
def displayed_objects(folder: Path) -> Iterator[dict[str, HasHtml | str]]:
    """Yield each object that notebooks display, by name. Some studies are inconsistent, some files are not DICOM."""
    wheel = Path(str(files("pydicom"))) / "data" / "test_files"
    with dicommap.scan(wheel) as whole, dicommap.scan(_differing(wheel, folder / "incoming")) as inventory:
        yield {**_looked_at(whole), **_edited(inventory, folder)}


@contextmanager
def everything(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the HTML of each object that notebooks display, by name."""
    with displayed_objects(folder) as every:
        yield {name: shown if isinstance(shown, str) else shown._repr_html_() for name, shown in every.items()}


def _looked_at(whole: dicommap.Inventory) -> dict[str, HasHtml | str]:
    study = max(whole.studies(), key=lambda study: (len(study.series), study.instances))
    series = max(study.series, key=lambda series: series.instances)
    dates = whole.sql("select StudyInstanceUID, StudyDate, instances from study order by instances desc")
    return {
        "inventory": whole,
        "inventory-unmasked": whole.unmasked(),
        "summary": whole.summary(),
        "study": study,
        "series": series,
        "instance": next(whole.instances()),
        "issues": dicommap.Issues(whole.issues()),
        "query": dates,
        "plot-modalities": whole.plots.modalities(),
        "plot-timeline": whole.plots.timeline(),
        "plot-attributes": whole.plots.attributes(),
        "overview": study.overview(),
        "thumbnail": series.thumbnail(),
        "montage": series.montage(9),
        "placeholder": next(one for each in whole.series() if (one := each.thumbnail()).is_placeholder),
        "progress": format_bar_html(
            Progress(1_200_000, 3_000_000, True), "1,200,000 of 3,000,000 files, 42 s, about 1 min 3 s left"
        ),
    }


def _edited(inventory: dicommap.Inventory, folder: Path) -> dict[str, HasHtml | str]:
    found = inventory.find(Modality="MR")
    edit: Any = found.edit(PatientID="HOSP-004711", StudyTime="")
    wrong = dicommap.draft(inventory, input_s3_uri=URI, harmonize=inventory.inconsistencies().keywords)
    draft = dicommap.draft(
        inventory, input_s3_uri=URI, by_study=edit, harmonize=["AccessionNumber"], output=folder / "package"
    )
    assert draft.plan is not None
    return {
        "studies": found,
        "inconsistencies": inventory.unmasked().inconsistencies(),
        "sheet": dicommap.sheet(inventory),
        "draft": draft,
        "draft-refused": wrong,
        "preview": draft.preview(show_values=True),
        "plan": draft.plan,
        "validated": dicommap.validate(folder / "package", inventory=inventory),
        "submit-dry": dicommap.submit(folder / "package", dry_run=True, **ACCOUNT),
        "reconciled": dicommap.reconcile(folder / "package"),
        "no-issues": dicommap.Issues(),
    }


def _differing(wheel: Path, tree: Path) -> Path:
    """Copy some studies, and make the identifiers of two of them differ inside."""
    shutil.copytree(wheel / "dicomdirtests", tree)
    for folder, keyword, value in (("98892003/MR1", "PatientID", "98890243"), ("98892001/CT5N", "AccessionNumber", "")):
        path = min(path for path in (tree / folder).rglob("*") if path.is_file())
        data_set = dcmread(path)
        setattr(data_set, keyword, value)
        data_set.save_as(path)
    return tree


def page(*content: str) -> str:
    """Return a page of what is shown, as an exported notebook is: colours follow what people prefer."""
    head = '<meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>shown</title>'
    style = "body{font:14px sans-serif;margin:16px}@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}}"
    body = "<hr>".join(content)
    return f'<!doctype html><html lang="en"><head>{head}<style>{style}</style></head><body>{body}</body></html>'


def first_minute() -> str:
    """Return a page as a notebook looks after its first cells: for the start of the site."""
    wheel = Path(str(files("pydicom"))) / "data" / "test_files" / "dicomdirtests"
    with dicommap.scan(wheel, progress=False) as inventory:
        html = inventory.unmasked()._repr_html_().replace(str(wheel), "incoming")
    cell = (
        '<pre style="font:13px monospace;padding:8px 12px;margin:0 0 10px;border:1px solid #8886;border-radius:4px">'
        "import dicommap as dm\n\ninv = dm.scan(&quot;incoming&quot;)\ninv.unmasked()</pre>"
    )
    return page(cell + html)
