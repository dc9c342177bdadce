"""Dicts whose keys are values and whose repr is masked."""

from __future__ import annotations

import pickle

from IPython.lib.pretty import pretty

from dicommap.model.masked_dicts import MaskedValues, copy_counts, make_counts_class
from dicommap.model.masking import show_values
from tests.support.displayed_objects import DESCRIPTION, SECRET, files
from tests.support.filled_inventories import inventory_of

HOW = "  # dicommap.show_values(True) shows values"


def test_counts_are_data_and_their_repr_is_masked() -> None:
    counts = make_counts_class("PatientID")({"7": 2, "": 1, "8": 1})
    assert counts == {"7": 2, "": 1, "8": 1}
    assert f"{counts}" == repr(counts) == f"{{'<PatientID 1>': 2, '': 1, '<PatientID 2>': 1}}{HOW}"
    assert repr(make_counts_class("PatientID", is_unmasked=True)(counts)) == repr(dict(counts))
    with show_values(True):
        assert repr(counts) == repr(dict(counts))


def test_counts_that_need_no_mask_look_like_a_dict() -> None:
    assert repr(make_counts_class("Modality")({"MR": 2})) == "{'MR': 2}"


def test_counts_are_masked_after_copying_and_pickling() -> None:
    counts = make_counts_class("PatientID")({"7": 2})
    for copied in (
        copy_counts("PatientID", counts),
        copy_counts("PatientID", {"7": 2}),
        pickle.loads(pickle.dumps(counts)),
    ):
        assert copied == counts
        assert "'7'" not in repr(copied)


def test_values_of_an_inventory_are_masked_in_every_repr() -> None:
    with inventory_of(*files()) as inventory:
        study = next(inventory.studies())
        shown = [study.values, study.series[0].values, study.values["PatientID"], inventory.distinct("PatientID")]
        shown += [inventory.find().distinct("PatientID"), inventory.inconsistencies()[0].values]
        for values in shown:
            assert SECRET not in repr(values)
            assert repr(values).endswith(HOW)
            assert any(SECRET in key or key == "PatientID" for key in values)
        assert DESCRIPTION in repr(study.values)
        view = inventory.unmasked()
        for values in (next(view.studies()).values, view.distinct("PatientID"), view.find().distinct("PatientID")):
            assert SECRET in repr(values)


def test_marks_are_numbered_for_each_attribute() -> None:
    values = MaskedValues(PatientID={"7": 1}, StudyID={"7": 1}, Modality={"MR": 1})
    text = "{'PatientID': {'<PatientID 1>': 1}, 'StudyID': {'<StudyID 1>': 1}, 'Modality': {'MR': 1}}" + HOW
    assert pretty(values) == repr(values) == text  # type: ignore[no-untyped-call]
