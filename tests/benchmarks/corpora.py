"""The corpora: real files that come with packages or in a directory, and made ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from tests.benchmarks.made.corpus import made_corpus
from tests.benchmarks.options import Options, work_directory
from tests.benchmarks.peers.environment import Environment

SAMPLE = 5_000
"""Files of the smaller made corpus, which slow readers read in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A tree of files and what it is called."""

    name: str
    tree: Path
    paths: list[str]
    """Its files in the order of a scan."""

    @classmethod
    def of(cls, name: str, tree: Path) -> Corpus:
        """Return the corpus of all files in a tree."""
        paths = sorted((path for path in tree.rglob("*") if path.is_file()), key=lambda path: path.parts)
        return cls(name=name, tree=tree, paths=list(map(str, paths)))


def given(options: Options) -> Corpus | None:
    """Return the directory of real multi-slice files that was named, without what is no P10 file."""
    if options.corpus is None:
        return None
    corpus = Corpus.of(f"the directory `{options.corpus.resolve().name}`", options.corpus.resolve())
    p10 = [path for path in corpus.paths if _is_p10(path)]
    return Corpus(name=corpus.name, tree=corpus.tree, paths=p10)


def made(count: int) -> Corpus:
    """Return the made corpus of this many files."""
    return Corpus.of(f"made, {count:,} file{'s' * (count != 1)}", made_corpus(count, work_directory()))


def real(options: Options, environment: Environment | None) -> Iterator[Corpus]:
    """Yield the corpora of real files that are at hand."""
    directory = given(options)
    if directory is not None:
        yield directory
    yield Corpus.of("the pydicom wheel", Path(str(files("pydicom").joinpath("data"))))
    data = environment.pydicom_data() if environment else None
    if data is not None:
        yield Corpus.of("pydicom-data", data)


def _is_p10(path: str) -> bool:
    with Path(path).open("rb") as file:
        return file.read(132)[128:] == b"DICM"
