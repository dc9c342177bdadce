"""The main loop of the codec process. It reads requests from stdin and writes images to stdout.

A request is a line of JSON. An answer is a line of JSON and then the bytes of the image. The main process reads only
numbers, texts and pixels, so a file that attacks a codec cannot send Python objects to the main process.
"""

from __future__ import annotations

import json
import os
import resource
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dicommap.pictures.file_to_draw import FileToDraw, NoPictureError
from dicommap.pictures.frame_image import render_frame_in_process

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    Render = Callable[[FileToDraw, int, int | None], tuple[Image, str]]

MAX_SECONDS_PER_IMAGE = 20
"""The maximum number of seconds for one image."""
_MAX_MEMORY_BYTES = 2**33
"""Memory limit of the process in bytes. It is many times the memory that the largest allowed image needs."""


def serve_requests(render: Render = render_frame_in_process, *, seconds: int = MAX_SECONDS_PER_IMAGE) -> None:
    """Read requests from stdin, draw the image of each request, and write the answers to stdout, until stdin ends.

    The system kills this process if an image takes more than `seconds`.
    """
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a codec may print text, which would get into the answers
        os.dup2(nowhere, stream)
    _limit_resources()
    with requests, answers:
        for line in requests:
            signal.alarm(seconds)
            answer, content = _answer_request(render, json.loads(line))
            signal.alarm(0)
            answers.write(json.dumps(answer).encode("ascii") + b"\n" + content)
            answers.flush()


def _limit_resources() -> None:
    # The default action of SIGALRM ends the process at once. A handler in Python would wait until the codec returns.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for limit, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, _MAX_MEMORY_BYTES)):
        with suppress(ValueError, OSError):  # the system has no such limit, or a lower limit
            resource.setrlimit(limit, (most, most))  # no core file: it would have the patient's pixels


def _answer_request(render: Render, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    file = FileToDraw(request["path"], request["sop_instance_uid"])
    try:
        image, remark = render(file, request["index"], request["size"])
    except NoPictureError as error:
        return {"reason": str(error)}, b""
    content = image.tobytes()
    return {"mode": image.mode, "size": image.size, "remark": remark, "bytes": len(content)}, content
