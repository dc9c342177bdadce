"""The planner: from where files lie, the overrides they need and the quotas to the prefixes of import jobs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from dicommap.model.staging import Staging
from dicommap.planning.in_place import InPlace, Misfit, in_place
from dicommap.planning.packing import Packed, packed, study_load

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from dicommap.model.quotas import Quotas
    from dicommap.planning.in_place import Lying
    from dicommap.planning.load import Excess
    from dicommap.planning.needs import Needs
    from dicommap.planning.places import Places
    from dicommap.planning.weights import StudyWeight

MANY_JOBS = 100
"""Jobs in place from which on it is found out how many would do if all files were staged."""


class Layout(Protocol):
    """Where files lie, and what they weigh."""

    def lying(self) -> Iterable[Lying]:
        """Return every file that has a key, in order of the keys' UTF-8."""
        ...

    def weights(self, largest: int) -> Iterable[StudyWeight]:
        """Return the studies in order of their UIDs; files of more than `largest` bytes are counted apart."""
        ...

    def sizes(self, study: str, series: str, largest: int) -> Iterable[int]:
        """Return the bytes of the files of a series that have at most `largest`, in order of path."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefixes:
    """What each job of a plan takes, and what was found on the way."""

    in_place: InPlace = field(default_factory=InPlace)
    staged: Packed = field(default_factory=Packed)
    staged_studies: int = 0
    staged_files: int = 0
    left_out: Mapping[str, int]
    """Study -> its files that are in no job."""
    over_quota: Mapping[str, Excess] = field(default_factory=dict)
    """Studies that are cut in place, and that no job could take whole anywhere -> the quota that they are over."""
    if_staged: int | None = None
    """Where there are many jobs in place: how many there would be if everything were staged."""


def plan_prefixes(layout: Layout, needs: Needs, places: Places, quotas: Quotas, staging: Staging) -> Prefixes:
    """Plan what each job takes, of files that lie in these places or will; what is staged is copied elsewhere."""
    if staging is Staging.ALL:
        return _staged(_too_large(layout, quotas), layout, needs, quotas, None)
    totals = {one.study_instance_uid: one.files + one.too_large for one in layout.weights(quotas.fileBytes)}
    found = in_place(layout.lying(), totals, needs, places, quotas, whole=staging is Staging.WHERE_NEEDED)
    if staging is Staging.WHERE_NEEDED:
        return _staged(found, layout, needs, quotas, found.apart)
    over: dict[str, Excess] = {}

    def judged() -> Iterator[StudyWeight]:
        for study in layout.weights(quotas.fileBytes):
            excess = study_load(study, needs).excess(quotas) if study.study_instance_uid in found.cut else None
            if excess is not None:
                over[study.study_instance_uid] = excess
            yield study

    studies = judged()
    if_staged = _if_staged(studies, found, layout, needs, quotas)
    if found.cut:
        deque(studies, maxlen=0)  # those that were not asked for so far
    return Prefixes(in_place=found, left_out=found.apart, over_quota=over, if_staged=if_staged)


def _too_large(layout: Layout, quotas: Quotas) -> InPlace:
    """Return nothing in place, but for the files of instances that are too large to be imported from anywhere."""
    found = InPlace()
    if any(study.too_large for study in layout.weights(quotas.fileBytes)):
        for key, size, study, _ in layout.lying():
            if study is not None and size > quotas.fileBytes:
                found.too_large.add(Misfit(key=key, size=size, study=study))
    return found


def _staged(found: InPlace, layout: Layout, needs: Needs, quotas: Quotas, chosen: Container[str] | None) -> Prefixes:
    """Stage the chosen studies, or all; what cannot be staged either is left out."""
    studies = files = 0
    left_out: dict[str, int] = {}

    def counted() -> Iterable[StudyWeight]:
        nonlocal studies, files
        for study in layout.weights(quotas.fileBytes):
            if chosen is not None and study.study_instance_uid not in chosen:
                continue
            if study.too_large:
                left_out[study.study_instance_uid] = study.too_large
            if study.files:
                studies += 1
                files += study.files
                yield study

    jobs = _packed(counted(), layout, needs, quotas)
    for study, count in jobs.unpackable_files.items():
        left_out[study] = left_out.get(study, 0) + count
    return Prefixes(
        in_place=found,
        staged=jobs,
        staged_studies=studies,
        staged_files=files - sum(jobs.unpackable_files.values()),
        left_out=left_out,
        if_staged=_if_staged(layout.weights(quotas.fileBytes), found, layout, needs, quotas),
    )


def _packed(studies: Iterable[StudyWeight], layout: Layout, needs: Needs, quotas: Quotas) -> Packed:
    return packed(studies, needs, quotas, lambda study, series: layout.sizes(study, series, quotas.fileBytes))


def _if_staged(
    studies: Iterable[StudyWeight], found: InPlace, layout: Layout, needs: Needs, quotas: Quotas
) -> int | None:
    """Return how many jobs there would be if all studies were staged, where that is worth knowing."""
    if len(found.prefixes) < MANY_JOBS:
        return None
    return len(_packed((one for one in studies if one.files), layout, needs, quotas).jobs)
