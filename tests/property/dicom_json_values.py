"""Values of every value representation, made on the allowed side of each limit and just beyond it."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import strategies as st

from dicommap.dicom.vr import INTEGER_RANGES

Values = st.SearchStrategy[Any]

LIMITS = {
    "AE": 16,
    "CS": 16,
    "DS": 16,
    "DT": 26,
    "IS": 12,
    "LO": 64,
    "LT": 10240,
    "SH": 16,
    "ST": 1024,
    "TM": 14,
    "UI": 64,
}
"""The longest value where a longer one can still be of the right form (PS3.5 Table 6.2-1)."""
UNITS = {"OB": 1, "OD": 8, "OF": 4, "OL": 4, "OV": 8, "OW": 2, "UN": 1}
BULK = frozenset(
    [
        "DS",
        "FD",
        "FL",
        "IS",
        "LT",
        "OB",
        "OD",
        "OF",
        "OL",
        "OV",
        "OW",
        "SL",
        "SS",
        "ST",
        "SV",
        "UC",
        "UL",
        "UN",
        *["US", "UT", "UV"],
    ]
)
"""Where PS3.18 F.2.2 allows BulkDataURI."""
LARGEST_FLOAT = {"FL": (2 - 2**-23) * 2.0**127, "FD": (2 - 2**-52) * 2.0**1023}

days = st.dates().map(lambda day: f"{day.year:04}{day.month:02}{day.day:02}")
times = st.builds(
    lambda hour, minute, second, length: f"{hour:02}{minute:02}{second:02}.123456"[:length],
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 60),
    st.sampled_from([2, 4, 6, 8, 13]),
)
offsets = st.sampled_from(["", "+0000", "-0001", "-1200", "+1400", "+0530"])
"""PS3.5 Table 6.2-1, DT: from -1200 to +1400."""
moments = st.builds(
    lambda day, time, length, offset: (day + time)[: length or None] + offset,
    days,
    times,
    st.sampled_from([4, 6, 8, 0]),
    offsets,
)


def padded(values: Values, limit: int) -> Values:
    """Return values with spaces behind them, of the longest length or shorter."""
    return st.builds(lambda value, width: value.ljust(width), values, st.integers(0, limit))


def texts(alphabet: str, limit: int = 40) -> Values:
    """Return texts up to a length, some of exactly this length."""
    return st.text(alphabet, min_size=1, max_size=min(limit, 40)) | st.sampled_from(alphabet).map(lambda c: c * limit)


def integers(vr: str) -> Values:
    """Return integers in the range of a value representation, the ends among them."""
    low, high = INTEGER_RANGES[vr]
    return st.integers(low, high) | st.sampled_from([low, high])


def floats(vr: str) -> Values:
    """Return finite numbers that fit, the largest among them."""
    largest = LARGEST_FLOAT[vr]
    finite = st.floats(-largest, largest, width=32) if vr == "FL" else st.floats(-largest, largest)
    return finite | st.sampled_from([-largest, largest, 0, 1])


LINE = "AbZ 09^=-_.éß山田Ωعא"
groups = texts(LINE.replace("^", "").replace("=", ""), 64) | st.sampled_from(["^" * 4, "a^b^c^d^e", "^" + "é" * 63])

VALID: dict[str, Values] = {
    "AE": texts("Az09 !~-", 16).filter(lambda text: text.strip(" ")),
    "AS": st.from_regex(r"\A[0-9]{3}[DWMY]\Z"),
    "AT": st.integers(0, 2**32 - 1).map(lambda tag: f"{tag:08X}"),
    "CS": texts("AZ09_ ", 16).filter(lambda text: text.strip(" ")),
    "DA": days,
    "DS": st.integers(-(10**15) + 1, 10**16 - 1)
    | st.sampled_from(["1.50", " +.5e-3 ", "1" * 16, "5.", "1E5", -0.25, 1e100, "-0"]),
    "DT": moments | padded(moments, 26),
    "FD": floats("FD"),
    "FL": floats("FL"),
    "IS": integers("IS") | st.sampled_from(["+7", " 05 ", "-2147483648", "2147483647", "000000000007"]),
    "LO": texts(LINE, 64),
    "LT": texts(LINE + "\\\n\r\t\f", 10240),
    "PN": st.dictionaries(st.sampled_from(["Alphabetic", "Ideographic", "Phonetic"]), groups, min_size=1),
    "SH": texts(LINE, 16),
    "SL": integers("SL"),
    "SS": integers("SS"),
    "ST": texts(LINE + "\\\n\r\t\f", 1024),
    "SV": integers("SV") | integers("SV").map(str),
    "TM": times | padded(times, 14),
    "UC": texts(LINE, 5000),
    "UI": st.sampled_from(["0.0", "1.2.840.10008.1.2", "2." + "9" * 62, "1." + "0." * 30 + "11"]),
    "UL": integers("UL"),
    "UR": st.sampled_from(["urn:x", "https://example.org/a?b=c#d%20", "urn:x  ", "x" * 3000, "[::1]@!$&'()*+,;~"]),
    "US": integers("US"),
    "UT": texts(LINE + "\\\n\r\t\f", 5000),
    "UV": integers("UV") | integers("UV").map(str),
}
"""Items of Value; SQ and the binary value representations have none."""


def inline_binary(vr: str) -> Values:
    """Return base64 texts of whole units."""
    return (
        st.integers(1, 4)
        .flatmap(lambda count: st.binary(min_size=count * UNITS[vr], max_size=count * UNITS[vr]))
        .map(lambda data: base64.b64encode(data).decode())
    )
