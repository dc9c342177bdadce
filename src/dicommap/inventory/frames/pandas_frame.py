"""Convert an Arrow table to a pandas frame."""

from __future__ import annotations

import pandas
import pyarrow

_PANDAS_TYPES = {pyarrow.int64(): pandas.Int64Dtype()}
"""Without this a null would make fractions of a column's integers, and only of those that have one."""


def to_pandas_frame(table: pyarrow.Table) -> pandas.DataFrame:
    """Return an Arrow table for pandas; the type of a column does not depend on what is in it."""
    # Dates would otherwise be Python objects, which pandas neither compares nor groups as dates.
    return table.to_pandas(date_as_object=False, types_mapper=_PANDAS_TYPES.get)
