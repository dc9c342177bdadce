"""What killed processes left in `.NAME.PID.partial`, which may hold patient values: the next that writes removes it."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def partial_of(path: Path) -> Path:
    """Return the name that this process writes under, beside `path`."""
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


def remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove partial files and directories of one name, or of all, whose processes have ended.

    Those of a process that runs are never touched, except for one of this process's own number.
    """
    pattern = re.compile(rf"\.{'.*' if name is None else re.escape(name)}\.([0-9]+)\.partial", re.DOTALL)
    with suppress(OSError):  # a directory that cannot be listed can still be written to
        for path in folder.iterdir():
            match = pattern.fullmatch(path.name)
            if match and not _runs(int(match[1])):
                _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # somebody else's
    return process != os.getpid()  # an earlier process of our number
