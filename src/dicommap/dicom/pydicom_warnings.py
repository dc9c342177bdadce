"""Suppress pydicom's warnings and log messages, which may contain patients' values."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOGGERS = (logging.getLogger("pydicom"), logging.getLogger("pydicom.pixels.decoders.base"))
"""pydicom's loggers that report wrong files and frames. The second logger also logs a traceback."""


@contextmanager
def silence_pydicom() -> Iterator[None]:
    """Return a context manager that suppresses pydicom's warnings and log records.

    They may contain patients' values.
    """
    before = [(logger, logger.disabled) for logger in _LOGGERS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for logger in _LOGGERS:
                logger.disabled = True
            yield
        finally:
            for logger, disabled in before:
                logger.disabled = disabled
