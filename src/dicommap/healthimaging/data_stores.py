"""How an inventory names a data store and its stored instances: the forms of root, path and ETag.

The root of a data store is `healthimaging:DATASTOREID`. The path of a stored instance is
`image-sets/IMAGESETID/SOPINSTANCEUID` if its image set is primary, otherwise `non-primary/IMAGESETID/SOPINSTANCEUID`.
An instance can be in several image sets. In the order of paths, primary image sets are first. So the copy in the
primary image set has the disposition `instance`, and the other copies are its duplicates.

The ETag of a stored instance is `VERSION-COUNT`: the version of its image set, and the number of instances in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

DATA_STORE_SCHEME = "healthimaging:"
PRIMARY_FOLDER = "image-sets"
NON_PRIMARY_FOLDER = "non-primary"

_DATA_STORE_ID = re.compile(r"[0-9a-z]{32}")
_ETAG = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


class ImageSetEtag(NamedTuple):
    """The version of an image set and the number of its instances, which the ETag of each of its instances contains."""

    version: int
    instances: int

    @classmethod
    def parse(cls, etag: str) -> ImageSetEtag | None:
        """Return the state in the ETag of a stored instance. Return None for any other ETag."""
        match = _ETAG.fullmatch(etag)
        return None if match is None else cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.version}-{self.instances}"


def is_data_store_root(root: str) -> bool:
    """Return whether a source root names a data store: it begins with `healthimaging:`, in upper or lower case."""
    return root[: len(DATA_STORE_SCHEME)].lower() == DATA_STORE_SCHEME


def parse_data_store_id(root: str) -> str | None:
    """Return the id of the data store that a source root names. Return None if the root names no valid id.

    A valid id has 32 digits and lower-case letters (API reference, GetDatastore).
    """
    if not is_data_store_root(root):
        return None
    data_store = root[len(DATA_STORE_SCHEME) :]
    return data_store if _DATA_STORE_ID.fullmatch(data_store) else None


def find_data_store_id(roots: Iterable[str]) -> str | None:
    """Return the id of the data store that an inventory with these source roots describes.

    Return None for an inventory of files. A data store is always the only source of its inventory.
    """
    return next((data_store for root in roots if (data_store := parse_data_store_id(root)) is not None), None)


def has_data_store(roots: Iterable[str]) -> bool:
    """Return whether an inventory with these source roots describes a data store, and not files."""
    return find_data_store_id(roots) is not None


def image_set_path(image_set: str, *, is_primary: bool | None) -> str:
    """Return the path of an image set below its data store, such as `image-sets/IMAGESETID`.

    Args:
        image_set: The id of the image set.
        is_primary: Whether the image set is primary; None if AWS did not return this. An image set with None counts as
            primary.

    """
    return f"{NON_PRIMARY_FOLDER if is_primary is False else PRIMARY_FOLDER}/{image_set}"
