"""Walk over a local tree: list directories and read the status of files, many at a time if the storage is slow.

The walk goes through directories depth first, each in the order of its names. It knows its next steps before it gets to
them: after the listing of `a/`, the files in `a/` need their status, and the directories in `a/` must be listed. Each
step is a call of `ParallelCalls`. The calls begin in the order in which the walk needs their results:

    a/1.dcm ... a/8.dcm      read the status of up to 8 files: one call
    a/b/                     list a directory: one call. When it returns, calls for its names are inserted here
    a/c.dcm

A heap holds a cursor for each directory that has been listed, sorted by the next path that needs a call. Results wait
in their directory until the walk gets there. So the order of the walk does not depend on the order of the calls.

Memory is limited, whatever the shape of the tree: no calls run ahead while MAX_NAMES_AHEAD names wait for the walk, and
a directory that has more than MAX_NAMES_IN_DIRECTORY_AHEAD names is listed when the walk gets there.
"""

from __future__ import annotations

import os
import resource
from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from dicommap.model.source_files import ListedDirectory
from dicommap.model.study import SourceFile
from dicommap.reading.parallel_calls import MAX_THREADS, NO_ITEM_YET, ParallelCalls
from dicommap.sources.path_reader import DirectoryListing, DirectoryStatus, FailedPath, Identity, TooManyNamesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dicommap.sources.path_reader import PathReader
    from dicommap.sources.source import FindKnownDirectory


FILES_PER_CALL = 8
"""The number of files whose status is read in one call. Giving a call to a thread costs as much as a few calls."""

MAX_CALLS_AHEAD = 128
"""The maximum number of calls that have begun or wait for a thread."""

MAX_NAMES_AHEAD = 50_000
"""While this many names wait for the walk, no call is submitted except the one that the walk needs next."""

MAX_NAMES_IN_DIRECTORY_AHEAD = 4_096
"""The maximum number of names of a directory that is listed ahead of the walk."""

_ONLY_FILES = frozenset({SourceFile})
_NOT_DONE: Any = object()
_TOO_MANY_NAMES: Any = object()


class _ListCall:
    """A call that lists a directory, and its result."""

    __slots__ = ("above", "is_ahead", "is_checked", "is_known", "is_submitted", "is_too_large", "path", "result")

    def __init__(self, path: str, above: tuple[Identity, ...], *, is_known: bool) -> None:
        self.path = path
        self.above = above
        """The identities of the directories above it."""
        self.is_known = is_known
        """Whether a listing showed that the path is a directory, and not a link to one."""
        self.is_checked = True
        """False if an earlier scan may know the content of the directory. Then `run` reads only its status."""
        self.is_submitted = False
        self.is_ahead = True
        """Whether the walk has not reached the directory yet."""
        self.is_too_large = False
        """Whether the directory was not listed, because it has many names."""
        self.result: _Directory | SourceFile | FailedPath | None = _NOT_DONE

    @property
    def sort_key(self) -> bytes:
        """Return the sort key of the path that is listed."""
        return _make_sort_key(self.path)

    def run(self, reader: PathReader) -> DirectoryListing | SourceFile | FailedPath | DirectoryStatus | None:
        """List the directory, or read its status. Raises TooManyNamesError if it is too large to be listed ahead."""
        if not self.is_checked:
            return reader.read_directory_status(self.path)
        max_names = MAX_NAMES_IN_DIRECTORY_AHEAD if self.is_ahead else None
        return reader.list_directory(self.path, is_known=self.is_known, above=self.above, max_names=max_names)


class _StatusCall:
    """A call that reads the status of some files of a directory, and its results."""

    __slots__ = ("above", "below", "is_plain", "names", "results")

    results: list[Any]
    """For each name a file, a _ListCall, a FailedPath, or None."""

    def __init__(self, below: str, names: list[str], above: tuple[Identity, ...]) -> None:
        self.below, self.names, self.above = below, names, above
        self.results = _NOT_DONE
        self.is_plain = True
        """Whether all results are files."""

    def run(self, reader: PathReader) -> list[SourceFile | DirectoryStatus | FailedPath | None]:
        """Read the status of each file."""
        return reader.read_statuses(self.below, self.names)


class _Directory:
    """A directory that was listed, and a cursor for its calls."""

    __slots__ = ("above", "below", "calls", "entries", "mtime_ns", "names", "position")

    def __init__(self, listing: DirectoryListing, above: tuple[Identity, ...]) -> None:
        self.below = listing.path and listing.path + "/"
        self.names, self.mtime_ns = listing.names, listing.mtime_ns
        self.entries = len(listing.names)
        self.above = (*above, listing.identity)
        """The identities of this directory and of all directories above it."""
        self.position = 0
        """The number of names that have calls."""
        self.calls: deque[_ListCall | _StatusCall | SourceFile | FailedPath] = deque()
        """The calls and results that the walk has not used, in the order of the names."""

    def has_more_names(self) -> bool:
        """Return whether `make_next_call` was not called yet for some names of the directory."""
        return self.position < len(self.names)

    @property
    def sort_key(self) -> bytes:
        """Return the sort key of the next name: the first one that was not listed yet, or whose status was not read."""
        return _make_sort_key(self.below + self.names[self.position].rstrip("/"))

    def make_next_call(self) -> _ListCall | _StatusCall:
        """Return a call that lists or reads the next names, and keep it, so that the walk finds its result."""
        names, begin = self.names, self.position
        call: _ListCall | _StatusCall
        if names[begin].endswith("/"):
            self.position = begin + 1
            call = _ListCall(self.below + names[begin][:-1], self.above, is_known=True)
        else:
            files = names[begin : begin + FILES_PER_CALL]
            for number, name in enumerate(files):
                if name.endswith("/"):
                    del files[number:]
                    break
            self.position = begin + len(files)
            call = _StatusCall(self.below, files, self.above)
        self.calls.append(call)
        return call


class TreeWalk:
    """One walk over a tree."""

    def __init__(
        self,
        reader: PathReader,
        enter: Callable[[str, Identity], None],
        calls: ParallelCalls | None = None,
        find_known: FindKnownDirectory | None = None,
    ) -> None:
        """Prepare a walk.

        Args:
            reader: The reader of the tree.
            enter: A function that is called with the path and identity of each directory that the walk enters.
            calls: The object that makes the calls. By default the walk has its own threads.
            find_known: A function that returns the content of a directory with this path and time if an earlier scan
                listed it and it need not be listed again, else None. It is called in this thread.
        """
        self._find_known = find_known
        self._reader, self._notify = reader, enter
        self._calls = ParallelCalls(get_max_threads(), kept=MAX_CALLS_AHEAD) if calls is None else calls
        self._heap: list[tuple[bytes, _Directory | _ListCall]] = []
        self._first: _Directory | None = None
        """The directory whose next call comes before all items of the heap. None if the heap has the first call."""
        self._results: Iterator[tuple[_ListCall | _StatusCall, Any]] = iter(())
        self._outstanding = 0
        """The number of calls that were submitted and whose results were not taken."""
        self._names_ahead = 0
        """The number of names in directories that were listed and that the walk has not reached."""
        self._is_urgent = False
        """Whether the walk waits for the result of the first call in the heap, which is not submitted yet."""
        self._is_paused = False
        """Whether the submission of calls is paused."""

    def walk(self, start: str) -> Iterator[SourceFile | ListedDirectory]:
        """Yield the files at and below the path `start`, and each directory after its files.

        Raises:
            SourceError: The root cannot be listed, or an error is caused by the process or machine.
        """
        with self._calls:
            first = _Directory(DirectoryListing("", [start], (0, 0), 0), ())
            self._push_to_heap(first)
            levels = [first]
            while levels:
                directory = levels[-1]
                if directory.calls:
                    found = self._take_files_or_directory(directory)
                    if isinstance(found, _Directory):
                        self._record_entered_directory(found)
                        levels.append(found)
                    else:
                        yield from found
                elif directory.has_more_names():
                    self._take_call_result(is_urgent=True)
                else:
                    levels.pop()
                    if levels:
                        yield ListedDirectory(directory.below[:-1], directory.mtime_ns, directory.entries)

    def _take_files_or_directory(self, directory: _Directory) -> _Directory | Sequence[SourceFile]:
        """Return the next files of a directory, or an inner directory that the walk must enter next.

        If the result of the first call is not known, take one result and return no file. If the results of the call
        are not only files, put them back one by one and return no file. The caller then calls this method again.
        """
        calls = directory.calls
        call = calls[0]
        if isinstance(call, _ListCall) and call.result is _NOT_DONE:
            self._take_result_for_listing(call)
            return ()
        if isinstance(call, _StatusCall) and call.results is _NOT_DONE:
            self._take_call_result()
            return ()
        calls.popleft()
        if isinstance(call, SourceFile):
            return (call,)
        if isinstance(call, _StatusCall):
            if call.is_plain:
                return call.results
            following = call.results
        elif isinstance(call, FailedPath):
            following = [self._read_failed_path_again(call, directory)]
        elif isinstance(call.result, _Directory):
            return call.result
        else:
            following = [call.result]
        calls.extendleft(found for found in reversed(following) if found is not None)
        return ()

    def _record_entered_directory(self, directory: _Directory) -> None:
        """Record that the walk has reached a directory."""
        self._names_ahead -= directory.entries + 1
        self._notify(directory.below[:-1], directory.above[-1])

    def _read_failed_path_again(self, failed: FailedPath, directory: _Directory) -> SourceFile | _ListCall | None:
        """Read a path again, when no other call needs a file descriptor. Raise SourceError if this fails too."""
        self._is_paused = True
        while self._outstanding:
            self._take_call_result()
        self._is_paused = False
        found = self._reader.read_status(failed.path)
        if isinstance(found, FailedPath):
            self._reader.raise_path_error(found)
        if not isinstance(found, DirectoryStatus):
            return found
        call = _ListCall(failed.path, directory.above, is_known=False)
        call.is_ahead = False
        self._store_call_result(call, call.run(self._reader))
        if isinstance(call.result, FailedPath):
            self._reader.raise_path_error(call.result)
        return call

    def _take_result_for_listing(self, call: _ListCall) -> None:
        """Take one result of a submitted call. The caller repeats this until the result of `call` is there."""
        if call.is_too_large:
            call.is_too_large = False
            self._push_to_heap(call)
        self._take_call_result(is_urgent=not call.is_submitted)

    def _take_call_result(self, *, is_urgent: bool = False) -> None:
        """Take the result of the first submitted call.

        Args:
            is_urgent: Whether the first call in the heap must be submitted, although many names wait for the walk.
        """
        self._is_urgent = is_urgent
        returned = next(self._results, None)
        if returned is None:  # `map` had no more calls; results that were stored after that led to new calls
            self._results = self._calls.map(self._run_call, self._iterate_calls())
            returned = next(self._results)
        self._outstanding -= 1
        self._store_call_result(*returned)

    def _store_call_result(self, call: _ListCall | _StatusCall, result: Any) -> None:  # noqa: ANN401  the result of either call
        """Keep the result of a call, and put the calls that follow from it into the heap."""
        if isinstance(call, _StatusCall):
            call.results = result
            if not _ONLY_FILES.issuperset(map(type, result)):
                call.is_plain = False
                call.results = [
                    self._make_list_call(found, call.above) if isinstance(found, DirectoryStatus) else found
                    for found in result
                ]
        elif not call.is_checked:
            self._use_known_content(call, result)
        elif result is _TOO_MANY_NAMES:
            call.is_submitted, call.is_ahead, call.is_too_large = False, False, True
        elif isinstance(result, DirectoryListing):
            call.result = _Directory(result, call.above)
            self._names_ahead += len(result.names) + 1
            if result.names:
                self._push_to_heap(call.result)
        else:
            call.result = result

    def _use_known_content(self, call: _ListCall, status: DirectoryStatus | None) -> None:
        """Take the content of a directory from an earlier scan, or put the call that lists it into the heap."""
        call.is_checked, call.is_submitted = True, False
        known = None
        if status is not None and self._find_known is not None and status.identity not in call.above:
            known = self._find_known(call.path, status.mtime_ns)
        if status is None or known is None:
            self._push_to_heap(call)
            return
        call.result = directory = _Directory(
            DirectoryListing(call.path, [], status.identity, status.mtime_ns), call.above
        )
        directory.entries = len(known.files) + len(known.directories)
        self._names_ahead += directory.entries + 1
        below = directory.below
        entries: list[tuple[bytes, SourceFile | None, str]] = [
            *((os.fsencode(file.path[len(below) :]), file, "") for file in known.files),
            *((os.fsencode(name), None, name) for name in known.directories),
        ]
        for _, file, name in sorted(entries, key=lambda entry: entry[0]):
            if file is not None:
                directory.calls.append(file)
            else:
                inner = _ListCall(below + name, directory.above, is_known=True)
                inner.is_checked = False
                directory.calls.append(inner)
                self._push_to_heap(inner)

    def _make_list_call(self, found: DirectoryStatus, above: tuple[Identity, ...]) -> _ListCall:
        call = _ListCall(found.path, above, is_known=False)
        call.is_checked = self._find_known is None
        self._push_to_heap(call)
        return call

    def _push_to_heap(self, item: _Directory | _ListCall) -> None:
        """Put a call, or a directory that has names without calls, into the heap."""
        if self._first is not None:
            heappush(self._heap, (self._first.sort_key, self._first))
            self._first = None
        heappush(self._heap, (item.sort_key, item))

    def _iterate_calls(self) -> Iterator[_ListCall | _StatusCall]:
        """Yield the calls in the order in which the walk needs their results, and NO_ITEM_YET while it must wait."""
        while self._first is not None or self._heap or self._outstanding:
            must_wait = self._is_paused or (self._names_ahead >= MAX_NAMES_AHEAD and not self._is_urgent)
            if self._outstanding and (must_wait or (self._first is None and not self._heap)):
                yield NO_ITEM_YET
                continue
            call = self._pop_next_call()
            if isinstance(call, _ListCall):
                call.is_submitted = True
                call.is_ahead = call.is_ahead and not self._is_urgent
            self._is_urgent = False
            self._outstanding += 1
            yield call

    def _pop_next_call(self) -> _ListCall | _StatusCall:
        """Return the first call that has not been submitted."""
        directory = self._first
        if directory is None:
            _, item = heappop(self._heap)
            if isinstance(item, _ListCall):
                return item
            directory = item
        call = directory.make_next_call()
        if isinstance(call, _ListCall):
            call.is_checked = self._find_known is None
        self._first = directory if directory.has_more_names() else None
        return call

    def _run_call(self, call: _ListCall | _StatusCall) -> tuple[_ListCall | _StatusCall, Any]:
        """Make a call, in any thread. Return the call and its result."""
        try:
            return call, call.run(self._reader)
        except TooManyNamesError:
            return call, _TOO_MANY_NAMES


def _make_sort_key(path: str) -> bytes:
    """Return a key that sorts paths in the order of the walk: directory by directory, names by their bytes."""
    return os.fsencode(path.replace("/", "\0"))


def get_max_threads() -> int:
    """Return the maximum number of threads that leaves most file descriptors free. Each thread needs two."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_THREADS if limit < 0 else max(1, min(MAX_THREADS, limit // 8))
