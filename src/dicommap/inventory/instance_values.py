"""Read the instances of an inventory with their values, study by study. Only one study is in memory at a time."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.model.instance_values import INSTANCE_NUMBER, group_files_by_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.inventory.inventory import Inventory
    from dicommap.inventory.selection import Selection
    from dicommap.model.instance_values import InstanceValues


def read_study_instances(inventory: Inventory, study_instance_uid: str) -> list[InstanceValues]:
    """Return the instances of a study in the order of series and path. The list is empty if there is no such study."""
    keywords = (INSTANCE_NUMBER, *inventory.keywords)
    files = inventory.values_by_file(study_instance_uid, keywords)
    return group_files_by_instance(study_instance_uid, files, keywords, unmasked=inventory._unmasked)


def iterate_instances(inventory: Inventory, selection: Selection) -> Iterator[InstanceValues]:
    """Yield the instances that have a selected file, in the order of study, series and path.

    Each instance has the values of all of its files, also of those that are not selected.
    """
    files = inventory.instances(selection)
    for study, of_study in groupby(files, key=lambda file: file.study_instance_uid):
        selected = {(file.series_instance_uid, file.sop_instance_uid) for file in of_study}
        for instance in read_study_instances(inventory, study):
            if (instance.series_instance_uid, instance.sop_instance_uid) in selected:
                yield instance
