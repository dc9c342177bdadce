"""Modules that are imported when something of them is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Deferred:
    """Stands for a module until then. Annotations that name one are evaluated by whoever asks for them."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401 - a module holds anything
        return getattr(import_module(self._name), attribute)
