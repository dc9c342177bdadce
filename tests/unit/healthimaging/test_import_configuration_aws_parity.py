"""Our schemas and models of the request say what AWS's service model says, member by member.

A change of the service model, or of ours, fails here. Where ours is stricter it is named.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import botocore.session
import pytest
from pydantic import TypeAdapter, ValidationError

from dicommap.healthimaging.import_configuration import MetadataFilePath, S3UriText, StartDICOMImportJobRequest, Uid
from dicommap.validation.schema_registry import get_schema_validator, read_schema_text

CONFIGURATION = "importConfiguration"
MAPPINGS = f"{CONFIGURATION}.dicomJsonMetadataImportConfiguration.dicomMetadataMappings"
UIDS = (f"{MAPPINGS}[].studyInstanceUID", f"{MAPPINGS}[].seriesInstanceUID")

LINE = "[^\n\r\u2028\u2029]"
"""What `.` means in most of the regular expressions of the world, though not in Python's."""

PATTERNS = {
    "[A-Za-z0-9._/#-]+": "[A-Za-z0-9._/#-]+",
    "[A-Za-z0-9._-]+": "[A-Za-z0-9._-]+",
    "[0-9a-z]{32}": "[0-9a-z]{32}",
    "[0-9.]+": "[0-9.]+",
    # \d is more than ten digits in some languages.
    r"\d+": "[0-9]+",
    "arn:aws(-[^:]+)?:iam::[0-9]{12}:role/.+": "arn:aws(?:-[^:]+)?:iam::[0-9]{12}:role/.+",
    r"s3://[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9](/.*)?": r"s3://[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9](?:/.*)?",
    # AWS's backtracks without bound; ours is equivalent and linear, which is shown below.
    "[a-zA-Z0-9!-~]+([a-zA-Z0-9!-~ ]*[a-zA-Z0-9!-~]+)*": "[!-~](?:[ -~]*[!-~])?",
}
"""AWS's pattern -> ours, without the anchors; where AWS changes one, it is missing here."""

STRICTER = {(uid, "min"): (0, 1) for uid in UIDS}
"""AWS allows a UID of no characters by its length, and forbids it by its pattern."""

Facts = dict[str, dict[str, Any]]


@lru_cache(maxsize=1)
def aws_shape() -> Any:
    model = botocore.session.get_session().get_service_model("medical-imaging")
    return model.operation_model("StartDICOMImportJob").input_shape


def of_aws(shape: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    facts = {"type": {"structure": "object", "list": "array"}.get(shape.type_name, shape.type_name)}
    facts |= {name: value for name, value in shape.metadata.items() if name in ("min", "max", "pattern")}
    if shape.type_name == "structure":
        # Of a union exactly one member is required; with one member that is the same.
        required = shape.members if shape.is_tagged_union else shape.required_members
        facts |= {"required": set(required), "members": set(shape.members)}
    yield path, facts
    for name, member in getattr(shape, "members", {}).items():
        yield from of_aws(member, f"{path}.{name}".removeprefix("."))
    if shape.type_name == "list":
        yield from of_aws(shape.member, f"{path}[]")


def of_schema(schema: dict[str, Any], document: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    schema, document = resolved(schema, document)
    assert schema["type"] in ("object", "array", "string")
    facts: dict[str, Any] = {"type": schema["type"]}
    for kind in ("Length", "Items"):
        facts |= {limit: schema[limit + kind] for limit in ("min", "max") if limit + kind in schema}
    if "pattern" in schema:
        facts["pattern"] = schema["pattern"].replace(LINE, ".")
        facts["pattern"] = facts["pattern"].replace("[^:\n\r\u2028\u2029]", "[^:]")
    if schema["type"] == "object":
        facts |= {"required": set(schema.get("required", ())), "members": set(schema["properties"])}
        assert schema["additionalProperties"] is False
    yield path, facts
    for name, member in schema.get("properties", {}).items():
        yield from of_schema(member, document, f"{path}.{name}".removeprefix("."))
    if schema["type"] == "array":
        yield from of_schema(schema["items"], document, f"{path}[]")


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    # pydantic writes an optional member as a choice with null, which its validator then refuses.
    for choice in schema.get("anyOf", ()):
        if choice != {"type": "null"}:
            return resolved(choice, document)
    if "$ref" not in schema:
        return schema, document
    file, _, pointer = schema["$ref"].partition("#")
    if file:
        document = json.loads(read_schema_text(file.removesuffix(".schema.json")))
    target = document
    for step in filter(None, pointer.split("/")):
        target = target[step]
    return resolved(target, document)


def ours() -> Iterator[tuple[str, Facts]]:
    schema = json.loads(read_schema_text("start-dicom-import-job"))
    yield "schema", dict(of_schema(schema, schema))
    model = StartDICOMImportJobRequest.model_json_schema()
    yield "model", dict(of_schema(model, model))


@pytest.mark.parametrize(("whose", "facts"), [pytest.param(*one, id=one[0]) for one in ours()])
def test_every_member_and_limit_is_that_of_the_service_model(whose: str, facts: Facts) -> None:
    expected = dict(of_aws(aws_shape()))
    for (path, limit), (aws, stricter) in STRICTER.items():
        assert expected[path][limit] == aws
        expected[path][limit] = stricter
    for found in expected.values():
        if "pattern" in found:
            found["pattern"] = f"^{PATTERNS[found['pattern']]}$"
    assert facts == expected, whose


def test_the_import_configuration_is_a_union_of_one_member_so_far() -> None:
    shape = aws_shape().members[CONFIGURATION]
    assert shape.is_tagged_union
    assert list(shape.members) == ["dicomJsonMetadataImportConfiguration"]


TOKENS = {
    "path": "aZ0!~/ \n\t\x7fé",
    "uid": "09.a-\n٣ ",
}


def strings(alphabet: str, longest: int) -> Iterator[str]:
    for length in range(1, longest + 1):
        yield from map("".join, itertools.product(alphabet, repeat=length))


def model_takes(adapter: TypeAdapter[str], text: str) -> bool:
    try:
        adapter.validate_python(text)
    except ValidationError:
        return False
    return True


def schema_takes(member: str, text: str) -> bool:
    mapping = {"studyInstanceUID": "1.2", "metadataFilePath": "a.json", member: text}
    document = {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": [mapping]}}
    return bool(get_schema_validator("import-configuration").is_valid(document))


@pytest.mark.parametrize(
    ("member", "annotation", "alphabet", "longest"),
    [("metadataFilePath", MetadataFilePath, TOKENS["path"], 3), ("studyInstanceUID", Uid, TOKENS["uid"], 3)],
)
def test_every_short_text_gets_the_verdict_of_awss_pattern(
    member: str, annotation: Any, alphabet: str, longest: int
) -> None:
    aws = re.compile(dict(of_aws(aws_shape()))[f"{MAPPINGS}[].{member}"]["pattern"])
    adapter: TypeAdapter[str] = TypeAdapter(annotation)
    verdicts = set()
    for text in strings(alphabet, longest):
        verdict = aws.fullmatch(text) is not None
        assert model_takes(adapter, text) is verdict
        assert schema_takes(member, text) is verdict
        verdicts.add(verdict)
    assert verdicts == {True, False}


def test_longer_paths_get_the_verdict_of_awss_pattern() -> None:
    aws = re.compile(dict(of_aws(aws_shape()))[f"{MAPPINGS}[].metadataFilePath"]["pattern"])
    linear = re.compile("[!-~](?:[ -~]*[!-~])?")
    for text in strings("a ~\n", 7):
        assert (aws.fullmatch(text) is None) is (linear.fullmatch(text) is None)


URIS = ["s3://abc", "s3://abc/", "s3://a-c/x y/é", "s3://ab", "S3://abc", "s3://Abc/", "s3://abc-", "s3://abc\n"]
URIS += ["s3://" + "a" * 63, "s3://" + "a" * 64, "s3://abc//", "https://abc/", "", "s3://.bc/", "s3://abc/x\ny"]


@pytest.mark.parametrize("text", URIS)
def test_s3_uris_get_the_verdict_of_awss_pattern(text: str) -> None:
    aws = re.compile(dict(of_aws(aws_shape()))["inputS3Uri"]["pattern"])
    verdict = aws.fullmatch(text) is not None
    assert model_takes(TypeAdapter(S3UriText), text) is verdict
    document = {"type": "string", "$ref": "start-dicom-import-job.schema.json#/$defs/s3Uri"}
    assert get_schema_validator("start-dicom-import-job").evolve(schema=document).is_valid(text) is verdict
