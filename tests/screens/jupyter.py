"""A Jupyter server with JupyterLab and Notebook 7, in a place of its own, and a notebook that displays everything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.chromium import Chromium, Page
from tests.support.needed_tools import CHROMIUM

JUPYTER = Path(sys.prefix) / "jupyter" / "bin" / "jupyter-lab"
"""JupyterLab and Notebook 7, which the Makefile installs beside the development packages."""

needs_jupyter = pytest.mark.skipif(
    CHROMIUM is None or not JUPYTER.exists(), reason="Chromium or JupyterLab is missing: make .venv/jupyter/ready"
)

CHECKOUT = Path(__file__).parents[2]
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WIDTH, HEIGHT = 1300, 900
_MAX_HEIGHT = 16_000
_START_SECONDS = 60
_RUN_SECONDS = 120

_SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none", "codeCellConfig": {"lineNumbers": False}},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
"""All cells are rendered, also those that are not in the window. Nothing is requested from other hosts."""

NAMES = (
    "inventory",
    "study",
    "series",
    "issues",
    "query",
    "plot-modalities",
    "plot-timeline",
    "plot-attributes",
    "overview",
    "placeholder",
    "studies",
    "inconsistencies",
    "sheet",
    "draft",
    "draft-refused",
    "plan",
    "reconciled",
)
"""The objects that the notebook displays, by their names in `tests.screens.shown`."""

SET_UP = f"""
import sys
from pathlib import Path

sys.path.insert(0, {str(CHECKOUT)!r})
from tests.screens.shown import displayed_objects

context = displayed_objects(Path.cwd().parent / "work")
every = context.__enter__()
"""


def make_notebook(remark: str) -> dict[str, Any]:
    """Return a notebook without outputs: a markdown cell with a remark, the set-up, and a cell for each object."""
    sources = (SET_UP.strip(), *(f"every[{name!r}]" for name in NAMES))
    code: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"code{number}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(sources)
    ]
    return {
        "cells": [{"cell_type": "markdown", "id": "remark", "metadata": {}, "source": remark}, *code],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@contextmanager
def run_jupyter(folder: Path) -> Iterator[str]:
    """Run a server on loopback for the notebooks in `folder` / notebooks; yield its address with a slash at the end."""
    notebooks = folder / "notebooks"
    notebooks.mkdir(parents=True, exist_ok=True)
    for name, settings in _SETTINGS.items():
        path = folder / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings), encoding="utf-8")
    places = ("config", "data", "runtime", "ipython")
    environment = {
        **os.environ,
        **{f"JUPYTER_{name.upper()}_DIR": str(folder / name) for name in places[:3]},
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    command = [
        str(JUPYTER),
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        "--ServerApp.port=0",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={notebooks}",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.extension_manager=readonly",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]
    log = folder / "jupyter.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=folder)
    try:
        yield _wait_for_server(folder / "runtime", process, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_server(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            try:
                address = json.loads(path.read_text(encoding="utf-8"))["url"].replace("localhost", "127.0.0.1")
                urllib.request.urlopen(f"{address}api", timeout=5).close()
            except (ValueError, urllib.error.URLError):
                continue
            return str(address)
        time.sleep(0.1)
    raise AssertionError(f"Jupyter does not start: {log.read_text(encoding='utf-8')[-2000:]}")


def open_notebook(chromium: Chromium, address: str, name: str, *, app: str = "lab") -> Page:
    """Open a notebook in JupyterLab (`lab`) or Notebook 7 (`notebook`), and wait until its cells are there.

    In JupyterLab each notebook has a workspace of its own: the style sheet of a trusted notebook in another tab would
    also apply to one that is not trusted.
    """
    path = f"lab/workspaces/{name.partition('.')[0]}/tree/{name}" if app == "lab" else f"notebooks/{name}"
    page = chromium.open(f"{address}{path}", width=WIDTH, height=HEIGHT)
    page.wait_for("window.jupyterapp && document.querySelectorAll('.jp-CodeCell').length > 1", _START_SECONDS)
    return page


def run_all_cells(page: Page) -> None:
    """Run the notebook of a page, and wait until each of its objects is displayed."""
    kernel = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
    page.wait_for(f"{kernel}?.connectionStatus === 'connected' && {kernel}.status === 'idle'", _START_SECONDS)
    page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    prompts = "[...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')].map(prompt => prompt.textContent)"
    page.wait_for(f"{prompts}.every(text => /[0-9]/.test(text))", _RUN_SECONDS)


def set_theme(page: Page, theme: str) -> None:
    """Change the theme of the application, and not that of the system."""
    page.evaluate(f"jupyterapp.commands.execute('apputils:change-theme', {{theme: {THEMES[theme]!r}}})")
    is_light = "true" if theme == "light" else "false"
    page.wait_for(f"document.body.dataset.jpThemeLight === '{is_light}'")


def fit_window(page: Page) -> None:
    """Make the window as high as the notebook, so that all cells are in it."""
    page.resize(WIDTH, _MAX_HEIGHT)
    page.wait_for(f"document.querySelectorAll('.jp-OutputArea-output').length >= {len(NAMES)}", _START_SECONDS)
    page.evaluate("document.querySelectorAll('.jp-WindowedPanel-outer').forEach(panel => { panel.scrollTop = 0 })")
