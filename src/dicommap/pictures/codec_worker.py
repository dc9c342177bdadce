"""The main loop of the codec process: read requests from stdin, write images to stdout.

A request is a line of JSON. An answer is one too, and the bytes of the image follow it: the other side takes nothing
from here but numbers, words and pixels, whatever became of this process.
"""

from __future__ import annotations

import json
import os
import resource
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dicommap.pictures.frame_image import render_frame_in_process
from dicommap.pictures.picture_file import NoPictureError, PictureFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    Paint = Callable[[PictureFile, int, int | None], tuple[Image, str]]

MAX_SECONDS_PER_IMAGE = 20
"""What one image may take."""
_MAX_MEMORY_BYTES = 2**33
"""Bytes: many times what the largest image that is drawn takes."""


def serve(paint: Paint = render_frame_in_process, *, seconds: int = MAX_SECONDS_PER_IMAGE) -> None:
    """Answer requests until there are no more; whoever takes too long over one is ended by the system."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # native code prints
        os.dup2(nowhere, stream)
    _limit_resources()
    with requests, answers:
        for line in requests:
            signal.alarm(seconds)
            answer, content = _answer_request(paint, json.loads(line))
            signal.alarm(0)
            answers.write(json.dumps(answer).encode("ascii") + b"\n" + content)
            answers.flush()


def _limit_resources() -> None:
    # The default action needs nothing of Python, which cannot act while native code runs.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for what, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, _MAX_MEMORY_BYTES)):
        with suppress(ValueError, OSError):  # a system that has no such limit, or a lower one
            resource.setrlimit(what, (most, most))  # no core file: it would hold the patient's pixels


def _answer_request(paint: Paint, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    file = PictureFile(request["path"], request["sop_instance_uid"])
    try:
        image, remark = paint(file, request["index"], request["size"])
    except NoPictureError as error:
        return {"reason": str(error)}, b""
    content = image.tobytes()
    return {"mode": image.mode, "size": image.size, "remark": remark, "bytes": len(content)}, content
