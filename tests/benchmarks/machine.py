"""What the figures were measured on: no host names, no paths."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path


def provenance(*packages: str, others: Mapping[str, str] | None = None) -> str:
    """Return date, machine, Python and versions in one sentence; `others` are versions in peers' environments."""
    versions = {name: version(name) for name in packages} | dict(others or {})
    named = "".join(f", {name} {number}" for name, number in versions.items())
    return (
        f"{date.today().isoformat()}; {processor()}, {os.cpu_count()} cores, {memory_gib():.0f} GiB,"
        f" {operating_system()}; Python {platform.python_version()}{named}."
    )


def processor() -> str:
    """Return the name of the processor as Linux knows it, or its kind."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()} ({platform.machine()})"
    return platform.machine()


def memory_gib() -> float:
    """Return the machine's memory in GiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def operating_system() -> str:
    """Return the name of the operating system and its kernel's version."""
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        name = platform.system()
    return f"{name}, {platform.system()} {platform.release().partition('-')[0]}"
