"""Quotas as people name them."""

import pytest

from dicommap.errors import UsageError
from dicommap.healthimaging.quotas import Quotas


def test_the_usual_quotas_are_those_of_the_developer_guide() -> None:
    assert Quotas().model_dump() == {
        "files": 5_000,
        "bytes": 10**10,
        "fileBytes": 10**10,
        "folders": 10_000,
        "mappings": 1_000,
    }


def test_settings_replace_them_one_by_one() -> None:
    assert Quotas.from_settings(["files=20000", "mappings=10"]) == Quotas(files=20_000, mappings=10)
    assert Quotas.from_settings([]) == Quotas()


@pytest.mark.parametrize("setting", ["files", "files=", "files=x", "files=-1", "files=0", "mappings=1001", "x=1", "=1"])
def test_anything_else_is_an_error_that_says_what_there_is(setting: str) -> None:
    with pytest.raises(UsageError) as refused:
        Quotas.from_settings([setting])
    assert refused.value.fix
