"""The environment of their own that peers are installed in, from the package registry."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.options import work_directory

PACKAGES = ("pydicom", "pydicom-data", "python-gdcm", "dicomsdl", "med-imagetools")

_VERSIONS = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
_DATA = "import data_store; print(data_store.__path__[0])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where peers run, and which of them are there."""

    bin: Path
    versions: dict[str, str]
    """Package -> version; what could not be installed is not in it."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.bin / "python"

    def pydicom_data(self) -> Path | None:
        """Return the directory of the files that pydicom-data brings, or None where it is not installed."""
        if "pydicom-data" not in self.versions:
            return None
        ran = subprocess.run([self.python, "-c", _DATA], capture_output=True, text=True, check=True)
        return Path(ran.stdout.strip()) / "data"


def peers_environment() -> Environment:
    """Return the peers' environment, made and filled where it is not yet."""
    place = work_directory() / "peers"
    if not (place / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
    installed = _installed(place / "bin")
    for package in PACKAGES:
        if package not in installed:
            pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", package]
            subprocess.run(pip, check=False)  # what is missing then, the table names
    return Environment(bin=place / "bin", versions=_installed(place / "bin"))


def _installed(place: Path) -> dict[str, str]:
    ran = subprocess.run([place / "python", "-c", _VERSIONS], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(ran.stdout)
    return {name: found[name] for name in PACKAGES if name in found}
