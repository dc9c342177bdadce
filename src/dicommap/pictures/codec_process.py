"""Decode compressed images in a separate process, so that a crash of a codec (decoder) affects only one picture."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from PIL import Image

from dicommap.pictures.file_to_draw import NoPictureError

if TYPE_CHECKING:
    from typing import Any

    from dicommap.pictures.file_to_draw import FileToDraw

_WORKER_CODE = (
    "import sys; sys.path[:] = {path!r}; from dicommap.pictures.codec_worker import serve_requests; serve_requests()"
)
_SINGLE_THREAD_SETTINGS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Environment variables of the codec process. It needs one thread, and more threads would use its limited memory."""


class CodecProcess:
    """A process that draws one image at a time. It is started for the first image, and again after a crash."""

    def __init__(self, code: str = _WORKER_CODE) -> None:
        """Prepare a process that runs the Python code `code`. In `code`, `{path!r}` is replaced by `sys.path`."""
        self._code = code
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def render(self, file: FileToDraw, index: int, size: int | None) -> tuple[Image.Image, str]:
        """Return an image of one frame, and a text that says where its window (the range of shown values) comes from.

        Args:
            file: The file.
            index: The index of the frame in the file, from 0.
            size: Pixels of the longer side. None keeps the size of the frame.

        Raises:
            NoPictureError: The image cannot be drawn, or the process crashed or took too long.
        """
        request = {"path": file.path, "sop_instance_uid": file.sop_instance_uid, "index": index, "size": size}
        with self._lock:
            process = self._get_running_process()
            try:
                answer, content = _send_request(process, request)
            except BaseException:
                self._stop_worker()  # otherwise, the next request would get the late answer to this request
                raise
        if "reason" in answer:
            raise NoPictureError(answer["reason"])
        width, height = answer["size"]
        return Image.frombytes(answer["mode"], (width, height), content), answer["remark"]

    def close(self) -> None:
        """Kill the process if it is running."""
        with self._lock:
            self._stop_worker()

    def _get_running_process(self) -> subprocess.Popen[bytes]:
        """Return the codec process. Start a new process if it has ended, or if it belongs to the parent of a fork."""
        if self._owner != os.getpid():  # after a fork, the pipes belong to the parent process
            self._process, self._owner = None, os.getpid()
        if self._process is not None and self._process.poll() is not None:
            self._stop_worker()
        if self._process is None:
            self._process = _start_process(self._code)
        return self._process

    def _stop_worker(self) -> None:
        """Kill the process and close its pipes."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # the process cannot read the buffered data any more
                if pipe is not None:
                    pipe.close()


def _start_process(code: str) -> subprocess.Popen[bytes]:
    """Start the Python process that runs codecs. Raises NoPictureError if it cannot be started."""
    try:
        return subprocess.Popen(  # noqa: S603  this Python, and our own code
            [sys.executable, "-P", "-c", code.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # codecs may write values of the file there
            env={**os.environ, **_SINGLE_THREAD_SETTINGS},
            start_new_session=True,  # so that Ctrl-C reaches this process only
        )
    except OSError:
        raise NoPictureError("No process can be started for its codec") from None


def _send_request(process: subprocess.Popen[bytes], request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Send a request to the process and return its answer. Raises NoPictureError if the process ends."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
        process.stdin.flush()
    head = process.stdout.readline()
    answer = json.loads(head) if head.endswith(b"\n") else {}
    length = answer.get("bytes", 0)
    content = process.stdout.read(length)
    if not answer or len(content) < length:
        raise NoPictureError(_describe_exit(process.wait()))
    return answer, content


def _describe_exit(status: int) -> str:
    if status == -signal.SIGALRM:
        return "Its codec took too long"
    if status < 0:
        return f"Its codec crashed ({signal.Signals(-status).name})"
    return "The process of its codec ended"


CODEC_PROCESS = CodecProcess()
"""The codec process that all pictures of this process share."""

atexit.register(CODEC_PROCESS.close)
