"""Override files that are no data sets at all, in each form that assumptions name."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.model.study import Target
from dicommap.overrides.override_check import check_override

ASSUMPTIONS = [
    Assumptions.from_settings(settings)
    for settings in product(
        ["dataSet=object", "dataSet=array"],
        ["identifyingUids=absent", "identifyingUids=present"],
        ["emptyValue=no-value", "emptyValue=null"],
    )
]


@pytest.mark.parametrize("vr", [["LO"], {}, None, 5, "", "XX"])
@pytest.mark.parametrize("members", [{}, {"Value": [None]}, {"Value": {}}])
@pytest.mark.parametrize("assumptions", ASSUMPTIONS, ids=str)
def test_a_vr_that_is_none_is_a_finding_in_every_form(
    assumptions: Assumptions, members: dict[str, Any], vr: object
) -> None:
    data_set = {"00100020": {"vr": vr, **members}}
    document = [data_set] if assumptions.dataSet == "array" else data_set
    codes = [one.code for one in check_override(document, Target(study_instance_uid="1.2"), assumptions)]
    assert "dicom-json.vr" in codes


@pytest.mark.parametrize("document", [None, 5, "a", [], [5], [[]], {"00100020": []}, {"x": {"vr": []}}, [None, {}]])
@pytest.mark.parametrize("assumptions", ASSUMPTIONS, ids=str)
def test_what_is_no_data_set_is_a_finding_in_every_form(assumptions: Assumptions, document: object) -> None:
    assert check_override(document, Target(study_instance_uid="1.2"), assumptions)
