"""Public functions refuse arguments of wrong types with an error that names the parameter, and take natural forms."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import pytest

import dicommap
from dicommap import Clients, DicommapError, Inventory, Override, Quotas
from dicommap.arguments import (
    convert_arguments,
    to_flag,
    to_integer,
    to_list_of,
    to_optional,
    to_path,
    to_rate,
    to_text,
)
from dicommap.errors import UsageError
from tests.support.filled_inventories import added, inventory_of

NOWHERE = "/nowhere/at/all"
UIDS = {"study_instance_uid": "1.2"}
CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "sheet": (dicommap.sheet, {"inventory": NOWHERE}),
    "scan": (partial(dicommap.scan, Path(__file__).parent), {}),
    "compare": (dicommap.compare, {"before": NOWHERE, "after": NOWHERE}),
    "draft": (dicommap.draft, {"inventory": NOWHERE}),
    "validate": (dicommap.validate, {"path": NOWHERE}),
    "stage": (dicommap.stage, {"package": NOWHERE}),
    "policy": (dicommap.policy, {"package": NOWHERE}),
    "submit": (dicommap.submit, {"package": NOWHERE}),
    "watch": (dicommap.watch, {"package": NOWHERE}),
    "reconcile": (dicommap.reconcile, {"package": NOWHERE}),
    "adopt": (dicommap.adopt, {"package": NOWHERE, "job_ids": ["1a"]}),
    "verify": (dicommap.verify, {"package": NOWHERE}),
    "update": (dicommap.update, {"package": NOWHERE}),
    "promote": (dicommap.promote, {"package": NOWHERE}),
    "audit": (dicommap.audit, {"package": NOWHERE}),
    "probe": (dicommap.probe, {"directory": NOWHERE}),
    "read_assumptions": (dicommap.read_assumptions, {"path": NOWHERE}),
    "fhir": (dicommap.fhir, {"inventory": NOWHERE, "output": NOWHERE}),
    "read_data_set": (dicommap.read_data_set, {"path": NOWHERE}),
    "write_overrides": (
        dicommap.write_overrides,
        {"overrides": [], "directory": NOWHERE, "input_s3_uri": "s3://bucket/in/"},
    ),
    "show_values": (dicommap.show_values, {}),
    "open": (dicommap.open, {}),
    "Inventory.open": (Inventory.open, {}),
    "Clients": (Clients, {}),
    "Override.from_keywords": (Override.from_keywords, {**UIDS, "attributes": {}}),
    "Override.from_json": (Override.from_json, {**UIDS, "document": "{}"}),
    "Override.from_dataset": (Override.from_dataset, {**UIDS, "dataset": None}),
}
"""Name -> a public function, and arguments of right types that lead to an error without any request."""
WRONG_VALUES = {"object": object(), "bytes": b"pd.db", "list of objects": [object()], "dict": {1: object()}}
"""Values that parameters do not take, except ACCEPTED."""
ACCEPTED = {
    ("document", "bytes"),
    ("document", "dict"),
    ("overrides", "dict"),
    ("events", "bytes"),
    ("events", "list of objects"),
}
"""JSON of some form, and iterables whose items are checked later."""


def parameters() -> Iterator[tuple[str, str]]:
    for name, (function, _) in CALLS.items():
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind is not parameter.VAR_POSITIONAL:
                yield name, parameter.name


def test_each_public_function_is_tested() -> None:
    functions = {name for name in dicommap.__all__ if inspect.isfunction(getattr(dicommap, name))}
    assert functions <= CALLS.keys()


@pytest.mark.parametrize("kind", WRONG_VALUES)
@pytest.mark.parametrize(("name", "parameter"), list(parameters()))
def test_a_wrong_type_is_refused_with_the_name_of_the_parameter(name: str, parameter: str, kind: str) -> None:
    function, arguments = CALLS[name]
    if (parameter, kind) in ACCEPTED:
        return
    with pytest.raises(DicommapError) as raised:
        function(**{**arguments, parameter: WRONG_VALUES[kind]})
    assert isinstance(raised.value, UsageError)
    assert parameter in raised.value.message
    assert raised.value.fix


@pytest.mark.parametrize("value", [5, None, True, 2.5, b"x", [], ("a",), "a\0b"])
def test_no_wrong_value_ends_with_an_error_of_python(value: object) -> None:
    for name, parameter in parameters():
        function, arguments = CALLS[name]
        if name in ("Clients", "show_values") or name == "scan":
            continue  # they would succeed
        with suppress(DicommapError):
            function(**{**arguments, parameter: value})


@pytest.mark.parametrize("source", [5, None, b"/tmp", ["/tmp"], object()])
def test_a_source_of_a_scan_is_a_path(source: Any) -> None:
    with pytest.raises(UsageError, match="A source is"):
        dicommap.scan(source)


def test_a_path_is_taken_instead_of_an_inventory(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    dicommap.scan(tmp_path / "tree", output=str(tmp_path / "pd.db"), jobs=numpy.int64(1)).close()  # type: ignore[arg-type]
    for path in (tmp_path / "pd.db", str(tmp_path / "pd.db")):
        assert list(dicommap.sheet(path))
        nothing: dict[str, Any] = dict.fromkeys(["rules", "sheets", "by_study", "harmonize"])
        draft = dicommap.draft(path, input_s3_uri="s3://bucket/in/", **nothing)
        assert [issue.code for issue in draft.issues] == ["job.none"]
        assert dicommap.fhir(path, tmp_path / f"{len(str(path))}-{type(path).__name__}.ndjson").studies == 0


def test_a_mapping_is_no_quotas_and_the_error_says_how_to_make_them() -> None:
    with inventory_of(added("a", "1.2 1.2.1 1.2.1.1")) as inventory, pytest.raises(UsageError) as raised:
        dicommap.draft(inventory, quotas={})  # type: ignore[arg-type]
    assert str(raised.value) == "quotas is a value of type dict. Give a Quotas object, such as Quotas(files=20000)."
    assert Quotas(files=3).files == 3


def test_a_missing_or_unknown_argument_is_pythons_own_error() -> None:
    for arguments in ({}, {"package": NOWHERE, "pakage": 1}):
        with pytest.raises(TypeError, match=r"policy\(\)"):
            dicommap.policy(**arguments)  # type: ignore[arg-type]


@convert_arguments(
    path=to_path, count=to_integer(minimum=1), flag=to_flag, names=to_optional(to_list_of(to_text, "texts"))
)
def function(path: Any, *, count: Any = 1, flag: Any = False, names: Any = None) -> tuple[Any, ...]:
    """Return the converted arguments."""
    return path, count, flag, names


def test_natural_forms_are_converted() -> None:
    converted = function(Path("a"), count=numpy.int32(3), flag=numpy.bool_(True), names="one")
    assert converted == (Path("a"), 3, True, ["one"])
    assert [type(value) for value in converted[1:3]] == [int, bool]
    assert function("a", names=iter(["x", "y"])) == (Path("a"), 1, False, ["x", "y"])
    assert function.__doc__ == "Return the converted arguments."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": ""}, "path is an empty path."),
        ({"path": "a\0"}, "path is a path with a null character."),
        ({"path": "a", "count": 0}, "count is 0."),
        ({"path": "a", "count": True}, "count is a value of type bool."),
        ({"path": "a", "count": 1.0}, "count is a value of type float."),
        ({"path": "a", "flag": 1}, "flag is a value of type int."),
        ({"path": "a", "names": ["x", None]}, "names[1] is None."),
        ({"path": "a", "names": {"x": "y"}}, "names is a value of type dict."),
    ],
)
def test_the_error_names_the_parameter_and_the_type(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        function(**arguments)
    assert raised.value.message == message


@pytest.mark.parametrize("value", [5, 0.5, numpy.float32(0.5), numpy.int64(3), 10_000])
def test_a_rate_is_any_number(value: Any) -> None:
    assert to_rate("rate", value) == float(value)


@pytest.mark.parametrize("value", [0, -1, 0.001, 10_001, float("nan"), float("inf")])
def test_a_rate_outside_the_limits_is_refused(value: float) -> None:
    with pytest.raises(UsageError, match="rate is"):
        to_rate("rate", value)


@pytest.mark.parametrize("value", [True, "5", b"5", None, [5]])
def test_a_rate_of_another_type_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="requests per second"):
        to_rate("rate", value)
