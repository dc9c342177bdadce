"""Codecs that crash, hang, print or end cost one picture; the next one is drawn."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from dicommap.pictures.codec_process import CodecProcess
from dicommap.pictures.file_to_draw import FileToDraw, NoPictureError
from tests.support.image_files import make_image_file, make_ramp, thumbnail
from tests.support.long_cases import one_of

pytestmark = pytest.mark.usefixtures("counted")

FILE = FileToDraw("/none", "1.2.3")
SERVING = """\
import sys; sys.path[:] = {path!r}
import ctypes, os, signal, time
from PIL import Image
from dicommap.pictures.codec_worker import serve_requests
from dicommap.pictures.file_to_draw import NoPictureError

def paint(file, index, size):
    if index:
        WRONG
    return Image.new("L", (3, 2), size), "remark"

serve_requests(paint, seconds=1)
"""
"""Draws image 0 and does something wrong for any other."""


@contextmanager
def serving(wrong: str) -> Iterator[CodecProcess]:
    process = CodecProcess(SERVING.replace("WRONG", wrong))
    try:
        yield process
    finally:
        process.close()


def drawn(process: CodecProcess) -> None:
    picture, remark = process.render(FILE, 0, 7)
    assert (picture.mode, picture.size, picture.tobytes(), remark) == ("L", (3, 2), b"\7" * 6, "remark")


@pytest.mark.parametrize(
    ("wrong", "words"),
    one_of(
        3,
        [
            ("os.kill(os.getpid(), signal.SIGSEGV)", r"crashed \(SIGSEGV\)"),
            ("os.abort()", r"crashed \(SIGABRT\)"),
            ("os._exit(0)", "ended"),
            # The process ends with a message.
            ("raise SystemError", "ended"),
            # Both hold Python's lock and heed no exception, as native code does.
            ("ctypes.PyDLL(None).sleep(60)", "too long"),
            ("ctypes.PyDLL(None).pause()", "too long"),
        ],
    ),
)
def test_what_ends_the_process_costs_one_picture(wrong: str, words: str) -> None:
    with serving(wrong) as process:
        drawn(process)
        with pytest.raises(NoPictureError, match=words):
            process.render(FILE, 1, 7)
        drawn(process)


@pytest.mark.parametrize("stream", [1, 2])
def test_what_a_codec_prints_reaches_nobody(stream: int, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(f"os.write({stream}, b'Doe^Jane')") as process:
        process.render(FILE, 1, 7)
        drawn(process)
    assert capfd.readouterr() == ("", "")


def test_why_there_is_no_picture_comes_back_in_words() -> None:
    with serving("raise NoPictureError('The file is tired')") as process:
        with pytest.raises(NoPictureError, match="The file is tired"):
            process.render(FILE, 1, 7)
        drawn(process)


def test_memory_has_a_bound_and_no_core_is_left() -> None:
    with serving("bytearray(2**34)") as process, pytest.raises(NoPictureError, match="ended"):
        process.render(FILE, 1, 7)
    asked = "import resource; raise NoPictureError(str(resource.getrlimit(resource.RLIMIT_CORE)))"
    with serving(asked) as process, pytest.raises(NoPictureError, match=r"\(0, 0\)"):
        process.render(FILE, 1, 7)


def test_an_answer_that_nobody_waited_for_is_not_taken_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("pass") as process:
        drawn(process)
        with monkeypatch.context() as patched:
            patched.setattr("dicommap.pictures.codec_process.json.loads", interrupted)
            with pytest.raises(KeyboardInterrupt):
                process.render(FILE, 1, 99)
        drawn(process)


def interrupted(_: object) -> None:
    raise KeyboardInterrupt


def test_a_process_that_was_killed_while_it_was_idle_is_started_again() -> None:
    with serving("raise NoPictureError(str(os.getpid()))") as process:
        with pytest.raises(NoPictureError) as first:
            process.render(FILE, 1, 7)
        os.kill(int(str(first.value)), signal.SIGKILL)
        os.waitid(os.P_PID, int(str(first.value)), os.WEXITED | os.WNOWAIT)
        drawn(process)


def test_a_copy_of_this_process_has_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("raise NoPictureError(str(os.getpid()))") as process:
        with pytest.raises(NoPictureError) as first:
            process.render(FILE, 1, 7)
        before = process._process
        assert before is not None
        with monkeypatch.context() as patched:
            patched.setattr("dicommap.pictures.codec_process.os.getpid", lambda: 1)
            with pytest.raises(NoPictureError) as second:
                process.render(FILE, 1, 7)
            assert str(first.value) != str(second.value)
            assert before.poll() is None, "the original's is left alone"
            process.close()
        before.communicate(timeout=60)


def test_where_no_process_can_be_started_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/none/python")
    with pytest.raises(NoPictureError, match="No process can be started"):
        CodecProcess().render(FILE, 0, 7)


def test_only_what_is_compressed_goes_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forbidden:
        def render(self, *_: object) -> None:
            raise NoPictureError("asked")

    monkeypatch.setattr("dicommap.pictures.frame_image.CODEC_PROCESS", Forbidden())
    assert not thumbnail(tmp_path / "plain", make_image_file(make_ramp(0, 255))).is_placeholder
    jpeg = make_image_file(np.zeros((2, 2), "uint8"), transfer_syntax="1.2.840.10008.1.2.4.50", PixelData=None)
    assert "asked" in thumbnail(tmp_path / "jpeg", jpeg).caption
