"""The same paths and keys in every locale: Python takes file names for UTF-8, whatever the locale says."""

from __future__ import annotations

import os
import sys


def require_utf8_names() -> None:
    """Start this command again in Python's UTF-8 mode, unless file names are taken for UTF-8 already.

    Names of files are bytes, and keys of objects in S3 are UTF-8. In a locale of Latin-1 the bytes of a name would
    become other characters, and so another key. What is printed keeps the locale's encoding.
    """
    if sys.getfilesystemencoding().lower() == "utf-8":
        return
    if sys.stdout is not None:
        os.environ.setdefault("PYTHONIOENCODING", f"{sys.stdout.encoding}:backslashreplace")
    os.environ["PYTHONUTF8"] = "1"  # also for the processes that read
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606  this very command
