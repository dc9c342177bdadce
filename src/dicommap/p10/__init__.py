"""Headers of P10 files, read from bytes (PS3.5 section 7, PS3.10 section 7).

These modules do not open files. The caller passes a function that reads bytes.
"""

from dicommap.p10.byte_window import ReadAt
from dicommap.p10.header import Header, RejectedFile, WantedAttributes
from dicommap.p10.header_reader import HeaderReader, read_header

__all__ = ["Header", "HeaderReader", "ReadAt", "RejectedFile", "WantedAttributes", "read_header"]
