"""One value and its files: a mapping like any other, and smaller."""

from __future__ import annotations

import pickle
from collections import Counter

import pytest

from dicommap.healthimaging.levels import Level
from dicommap.model.study import SingleValueCounts, Target, compact_counts

SECRET = "Zyzzyva"


def test_it_is_the_mapping_that_it_stands_for() -> None:
    sole = compact_counts(Counter({SECRET: 3}))
    assert isinstance(sole, SingleValueCounts)
    assert sole == {SECRET: 3} == dict(sole)
    assert sole != {SECRET: 4}
    assert (list(sole), list(sole.items()), sole.get("other"), len(sole)) == ([SECRET], [(SECRET, 3)], None, 1)
    with pytest.raises(KeyError):
        sole["other"]
    assert pickle.loads(pickle.dumps(sole)) == sole
    assert SECRET not in repr(sole)


@pytest.mark.parametrize("counts", [{}, {"a": 1, "b": 2}])
def test_other_counts_stay_as_they_are(counts: dict[str, int]) -> None:
    assert compact_counts(counts) is counts


@pytest.mark.parametrize(
    ("series", "instance", "level"),
    [(None, None, Level.STUDY), ("1.2.1", None, Level.SERIES), ("1.2.1", "1.2.1.1", Level.INSTANCE)],
)
def test_the_level_of_a_target_is_that_of_its_narrowest_uid(
    series: str | None, instance: str | None, level: Level
) -> None:
    target = Target(study_instance_uid="1.2", series_instance_uid=series, sop_instance_uid=instance)
    assert target.level is level
