"""Check and convert the arguments of public functions. An argument of a wrong type raises UsageError.

For example, a parameter for a path takes a text, too. The decorator `convert_arguments` names a converter for each
parameter. The converter takes the name of the parameter and the argument:

    @convert_arguments(package=to_path, jobs=to_texts, concurrent_jobs=to_integer(minimum=1), check=to_flag)
    def submit(package, *, jobs=(), concurrent_jobs=100, check=True): ...

So a wrong argument is refused before anything is read or sent, and the message names the parameter.
"""

from __future__ import annotations

import inspect
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, SupportsFloat, SupportsIndex, TypeVar

from dicommap.dicom.member_names import mask_unknown_type
from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
Converter = Callable[[str, object], Any]
"""A function that takes the name of a parameter and its argument, and returns the converted argument.

It raises UsageError if the parameter cannot take the argument.
"""


MIN_RATE, MAX_RATE = 0.01, 10_000.0
"""Minimum and maximum number of requests per second that a caller can set."""
RATE_RANGE = f"from {MIN_RATE:g} to {MAX_RATE:,.0f}"


def convert_arguments(
    **converters: Converter,
) -> Callable[[Callable[_Parameters, _Result]], Callable[_Parameters, _Result]]:
    """Return a decorator that converts the arguments of a function before each call.

    Args:
        converters: The converter of each parameter. Parameters that are not named here are passed on unchanged.

    """

    def decorate(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
        signature = inspect.signature(function)

        @wraps(function)
        def convert_and_call(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError:  # a missing or unknown argument: Python's own error also names the function
                return function(*args, **kwargs)
            for name, value in bound.arguments.items():
                if name in converters:
                    bound.arguments[name] = converters[name](name, value)
            return function(*bound.args, **bound.kwargs)

        return convert_and_call

    return decorate


def make_type_error(name: str, value: object, expected: str) -> UsageError:
    """Return the error for an argument of a wrong type.

    Args:
        name: The name of the parameter.
        value: The argument. The message contains only its type.
        expected: The description of a correct argument: "the path of a package", for example.

    """
    kind = "None" if value is None else f"a value of type {mask_unknown_type(type(value))}"
    return UsageError(f"{name} is {kind}.", fix=f"Give {expected}.")


def to_path(name: str, value: object) -> Path:
    """Convert a text or an `os.PathLike` to a path. Bytes are refused."""
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(text, str):
        raise make_type_error(name, value, "a path: a text, or a pathlib.Path")
    if not text:
        raise UsageError(f"{name} is an empty path.", fix="Give a path: a text, or a pathlib.Path.")
    if "\0" in text:
        raise UsageError(f"{name} is a path with a null character.", fix="Give a path that a file can have.")
    return Path(value) if isinstance(value, os.PathLike) else Path(text)


def to_path_or_uri(name: str, value: object) -> str | os.PathLike[str]:
    """Return a text (a path or an S3 URI) unchanged, and an `os.PathLike` as a path."""
    path = to_path(name, value)
    return value if isinstance(value, str) else path


def to_text(name: str, value: object) -> str:
    """Return a text unchanged. Other types raise UsageError."""
    if not isinstance(value, str):
        raise make_type_error(name, value, "a text")
    return value


def to_flag(name: str, value: object) -> bool:
    """Convert a Python or NumPy bool to a Python bool. Numbers and texts are refused."""
    if isinstance(value, bool):
        return value
    if type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    raise make_type_error(name, value, "True or False")


def to_integer(*, minimum: int) -> Converter:
    """Return a converter for integers of at least `minimum`. NumPy's integers are accepted; bools are refused."""

    def convert_integer(name: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, SupportsIndex):
            raise make_type_error(name, value, f"an integer of {minimum} or more")
        number = operator.index(value)
        if number < minimum:
            raise UsageError(f"{name} is {number}.", fix=f"Give an integer of {minimum} or more.")
        return number

    return convert_integer


def to_rate(name: str, value: object) -> float:
    """Convert a number of requests per second to a float. A bool, and a number out of range, raises UsageError."""
    if isinstance(value, bool) or not isinstance(value, SupportsFloat):
        raise make_type_error(name, value, "a number of requests per second, such as 2 or 0.5")
    number = float(value)
    if not MIN_RATE <= number <= MAX_RATE:
        raise UsageError(f"{name} is {number:g}.", fix=f"Give a number of requests per second: {RATE_RANGE}.")
    return number


def to_function(name: str, value: object) -> object:
    """Return a function, or another object that can be called, unchanged. Other types raise UsageError."""
    if not callable(value):
        raise make_type_error(name, value, "a function")
    return value


def to_instance(kind: type, example: str) -> Converter:
    """Return a converter that accepts only instances of a class, and returns them unchanged.

    Args:
        kind: The class.
        example: An example of an instance for the message: "a Quotas object, such as Quotas(files=20000)".

    """

    def require_instance(name: str, value: object) -> object:
        if not isinstance(value, kind):
            raise make_type_error(name, value, example)
        return value

    return require_instance


def to_optional(convert: Converter) -> Converter:
    """Return a converter that returns None for None, and calls `convert` for other arguments."""

    def convert_unless_none(name: str, value: object) -> object:
        return None if value is None else convert(name, value)

    return convert_unless_none


def to_list_of(convert: Converter, plural: str) -> Converter:
    """Return a converter to a list that calls `convert` for each item.

    A single text, path or function becomes a list of one item. None becomes an empty list.

    Args:
        convert: The converter of one item.
        plural: The name of the items in the plural, for the message: "paths".

    """

    def convert_each(name: str, value: object) -> list[Any]:
        if value is None:
            return []
        if isinstance(value, str | os.PathLike) or callable(value):
            return [convert(name, value)]
        if isinstance(value, bytes | bytearray | Mapping) or not isinstance(value, Iterable):
            raise make_type_error(name, value, f"a list of {plural}")
        return [convert(f"{name}[{number}]", item) for number, item in enumerate(value)]

    return convert_each


def to_iterator_of(convert: Converter, plural: str) -> Converter:
    """Return a converter to an iterator that calls `convert` for an item when the item is needed.

    So there may be millions of items. A single text or path is refused, because its characters or lines would be
    taken as the items. None is refused, too.
    """

    def convert_lazily(name: str, value: object) -> Iterator[Any]:
        if isinstance(value, str | bytes | bytearray | os.PathLike | Mapping) or not isinstance(value, Iterable):
            raise make_type_error(name, value, f"a list of {plural}")
        return (convert(f"{name}[{number}]", item) for number, item in enumerate(value))

    return convert_lazily


def to_text_mapping(name: str, value: object) -> dict[str, str]:
    """Convert a mapping of texts to a dict. Items with the value None are left out."""
    if not isinstance(value, Mapping):
        raise make_type_error(name, value, "a dict of texts")
    for member in value:
        to_text(f"A key of {name}", member)
    return {member: to_text(f"{name}[{member!r}]", item) for member, item in value.items() if item is not None}


to_texts = to_list_of(to_text, "texts")
to_paths = to_list_of(to_path, "paths")
to_functions = to_list_of(to_function, "functions")


def to_progress(name: str, value: object) -> object:
    """Return an argument for `progress` (a function, True, False or None) unchanged. Other types raise UsageError."""
    if value is None or isinstance(value, bool) or callable(value):
        return value
    raise make_type_error(name, value, "a function that takes one Progress, True or False")
