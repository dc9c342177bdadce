"""What `import dicommap` offers."""

from __future__ import annotations

import dicommap


def test_all_public_names_exist() -> None:
    assert all(hasattr(dicommap, name) for name in dicommap.__all__)


def test_the_main_job(inventory: dicommap.Inventory) -> None:
    assert repr(inventory).startswith("Inventory: 2 studies, 4 series, 8 instances, ")
