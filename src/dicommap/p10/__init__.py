"""P10 headers from bytes (PS3.5 section 7, PS3.10 section 7): values, or why there are none.

Nothing in this room opens a file: bytes come from a function that the caller gives.
"""

from dicommap.p10.byte_window import ReadAt
from dicommap.p10.header import Header, RejectedFile, WantedAttributes
from dicommap.p10.header_reader import read_header
from dicommap.p10.header_reader_p10_reader_part import HeaderReader

__all__ = ["Header", "HeaderReader", "ReadAt", "RejectedFile", "WantedAttributes", "read_header"]
