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


@pytest.mark.parametrize(
    ("setting", "message", "advice"),
    [
        ("files=0", "The quota 'files' is 0.", "Give 1 or more"),
        ("mappings=1001", "The quota 'mappings' is 1,001.", "Give 1 to 1,000"),
        ("file=3", "Unknown quota 'file'.", "Did you mean 'files'?"),
        ("FILES=3", "Unknown quota 'FILES'.", "Did you mean 'files'?"),
    ],
)
def test_the_error_names_the_quota(setting: str, message: str, advice: str) -> None:
    with pytest.raises(UsageError) as refused:
        Quotas.from_settings(["folders=3", setting])
    assert refused.value.message == message
    assert advice in refused.value.fix
