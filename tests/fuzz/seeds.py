"""Where fuzzing begins: the headers of the files in the pydicom wheel, and changes of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.target import PATCH, input_of

LONGEST = 2_048
"""Bytes of a file that is a seed: longer ones are cut, so that an input takes little time."""

_TELLING = tuple(bytes.fromhex(telling) for telling in ("00", "ff", "ffffffff", "feff00e0", "feff0de0", "feffdde0"))
"""What structure is made of: lengths, items and delimiters."""


def seeds(directory: Path) -> Iterator[bytes]:
    """Yield an input for each file, alone and with a neighbour that differs in one byte."""
    for number, path in enumerate(sorted(path for path in directory.rglob("*") if path.is_file())):
        file = path.read_bytes()[:LONGEST]
        yield input_of(file)
        if len(file) > 132:
            place = 132 + number * 37 % (len(file) - 132)
            yield input_of(file, place.to_bytes(2, "little") + b"\1")


def mutated(chance: random.Random, inputs: list[bytes]) -> bytes:
    """Return one of the inputs, changed in up to four places."""
    data = bytearray(chance.choice(inputs))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        kind = chance.randrange(6)
        if kind == 0 and place < len(data):
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[place : place + chance.randint(1, 16)]
        elif kind == 2:
            data[place:place] = chance.randbytes(chance.randint(1, 8))
        elif kind == 3:
            telling = chance.choice(_TELLING)
            data[place : place + len(telling)] = telling
        elif kind == 4:
            other = chance.choice(inputs)
            start = chance.randrange(len(other) + 1)
            data[place:place] = other[start : start + chance.randint(1, 64)]
        else:
            data[:1] = bytes([1]) + chance.randrange(LONGEST).to_bytes(2, "little") + chance.randbytes(PATCH - 2)
    return bytes(data)
