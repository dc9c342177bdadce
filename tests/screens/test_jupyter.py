"""All that notebooks display, in JupyterLab and Notebook 7: in a light and a dark theme, and untrusted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screens.geometry import OPEN_ALL, find_pale_texts, find_problems, plot_backgrounds
from tests.screens.jupyter import (
    fit_window,
    make_notebook,
    needs_jupyter,
    open_notebook,
    run_all_cells,
    run_jupyter,
    set_theme,
)
from tests.support.chromium import Chromium, run_chromium

pytestmark = [pytest.mark.long, needs_jupyter]

BACKGROUNDS = {"light": (255, 255, 255), "dark": (17, 17, 17)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jupyter")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with run_chromium() as running:
        yield running


@pytest.fixture(scope="module")
def address(chromium: Chromium, folder: Path) -> Iterator[str]:
    """Run a notebook in JupyterLab and save it, and a copy that was never run here; yield the server's address."""
    with run_jupyter(folder) as address:
        notebook = folder / "notebooks" / "trusted.ipynb"
        notebook.write_text(json.dumps(make_notebook("run here")), encoding="utf-8")
        page = open_notebook(chromium, address, notebook.name)
        run_all_cells(page)
        page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        page.close()
        content = json.loads(notebook.read_text(encoding="utf-8"))
        content["cells"][0]["source"] = "from somebody else"  # a change by which the signature is no longer valid
        (folder / "notebooks" / "untrusted.ipynb").write_text(json.dumps(content), encoding="utf-8")
        yield address


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_a_notebook_is_legible_in_each_theme(chromium: Chromium, address: str, app: str, tmp_path: Path) -> None:
    page = open_notebook(chromium, address, "trusted.ipynb", app=app)
    fit_window(page)
    for theme, background in BACKGROUNDS.items():
        set_theme(page, theme)
        page.prefer("dark" if theme == "light" else "light")  # the notebook's theme counts, and not the system's
        assert find_problems(page) == []
        assert find_pale_texts(page, background) == []
        grounds = plot_backgrounds(page, tmp_path / "page.png")
        assert len(grounds) >= 3
        assert all(inside == beside == background for inside, beside in grounds)
    assert page.evaluate("[...document.querySelectorAll('.dicommap-plot-image')].every(image => !image.offsetWidth)")
    page.evaluate(OPEN_ALL)
    assert find_problems(page) == []
    assert chromium.requests == []  # none to another host than loopback
    page.close()


def test_an_untrusted_notebook_has_tables_and_plots(chromium: Chromium, address: str) -> None:
    page = open_notebook(chromium, address, "untrusted.ipynb")
    fit_window(page)
    assert page.evaluate("document.querySelectorAll('.jp-OutputArea style, .jp-OutputArea-output svg').length") == 0
    for theme, background in BACKGROUNDS.items():
        set_theme(page, theme)
        assert find_problems(page) == []
        assert find_pale_texts(page, background) == []
    page.evaluate(OPEN_ALL)
    assert find_problems(page) == []
    widths = page.evaluate("[...document.querySelectorAll('.dicommap-plot-image')].map(image => image.naturalWidth)")
    assert len(widths) >= 3
    assert min(widths) > 300
    # Without its elements, an inline SVG is a run of its labels, which must not be seen.
    assert not page.evaluate("[...document.querySelectorAll('.dicommap-plot-inline')].some(box => box.offsetHeight)")
    page.close()
