"""Pictures as values."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest

from dicommap.errors import DocumentError, MissingExtraError
from dicommap.model.extras import require_extra
from dicommap.model.picture import Picture

PICTURE = Picture(png=b"\x89PNG", width=3, height=2, caption='<script>"&')


def test_a_notebook_gets_html_without_what_a_caption_may_smuggle_in() -> None:
    html = PICTURE._repr_html_()
    assert "<script>" not in html
    assert html.count("&lt;script&gt;&quot;&amp;") == 2
    assert 'width="3" height="2"' in html
    assert PICTURE._repr_png_() == b"\x89PNG"


def test_saving_never_replaces_a_file(tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"\x89PNG"
    with pytest.raises(DocumentError, match="exists already"):
        PICTURE.save(tmp_path / "a.png")
    with pytest.raises(DocumentError, match="cannot be written"):
        PICTURE.save(tmp_path / "nowhere" / "a.png")


def test_nothing_is_left_of_what_a_full_disk_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    def opened(descriptor: int, _: str) -> Full:
        os.close(descriptor)
        return Full()

    monkeypatch.setattr(os, "fdopen", opened)
    with pytest.raises(DocumentError, match="No space left"):
        PICTURE.save(tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_the_missing_extra_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    require_extra("pixels")
    monkeypatch.setattr("dicommap.model.extras.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"numpy and pillow.*pip install 'dicommap\[pixels\]'"):
        require_extra("pixels")
