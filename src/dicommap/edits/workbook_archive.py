"""The parts of an Excel workbook (Office Open XML, ECMA-376): a ZIP file with XML documents, read within limits.

A workbook may come from an unknown author. So limits are checked while its parts are unpacked: the number of members of
the ZIP file, the bytes of all parts that are read, and the bytes of one XML token. A document type declaration is an
error: it could define entities that expand to gigabytes, and no spreadsheet writes one.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from typing import TYPE_CHECKING, Protocol
from xml.parsers import expat

from dicommap.issues.wording import format_count
from dicommap.reading.document_limits import WORKBOOK_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WORKBOOK_PARTS = 10_000
"""Maximum number of members of a workbook's ZIP file. A worksheet needs about four members."""
MAX_XML_TOKEN_BYTES = 2**24
"""Maximum number of bytes of one XML token, such as a tag. Long texts of cells are read as several tokens."""
_DIRECTORY_ENTRY = b"PK\x01\x02"
_PIECE_BYTES = 2**18
_DAMAGED = "is a damaged Excel workbook; open it in a spreadsheet and save it again"
_PARSER_TEXT_BYTES = 2**16


class UnreadableWorkbookError(Exception):
    """Error for a workbook that cannot be read. Its text is the end of a sentence that begins with `The file`."""


class WorkbookPartHandler(Protocol):
    """The interface of objects that handle the XML elements of one part of a workbook."""

    def start_element(self, name: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element. `name` has no namespace prefix, but names in `attributes` may have one."""

    def end_element(self, name: str) -> None:
        """Handle the end of an element."""

    def add_text(self, text: str) -> None:
        """Handle a piece of the text of the current element."""


class StopReadingError(Exception):
    """Error that a handler raises if it does not need the rest of its part."""


class WorkbookArchive:
    """Reader of the ZIP file of a workbook."""

    def __init__(self, data: bytes) -> None:
        """Read the directory of the ZIP file.

        Raises:
            UnreadableWorkbookError: The file is damaged, or has too many members.

        """
        if data.count(_DIRECTORY_ENTRY) > MAX_WORKBOOK_PARTS:
            raise UnreadableWorkbookError(f"has more than {MAX_WORKBOOK_PARTS:,} parts")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise UnreadableWorkbookError(_DAMAGED) from None
        self._members = {member.filename.lower(): member for member in self._zip.infolist()}
        self._bytes_left = WORKBOOK_LIMIT.bytes

    def has_part(self, name: str) -> bool:
        """Return whether the workbook has a part with this name. Letter case is ignored."""
        return name.lower() in self._members

    def handle_part(self, name: str, handler: WorkbookPartHandler) -> None:
        """Parse one part, and call the handler for its elements. If the handler raises StopReadingError, stop.

        Raises:
            UnreadableWorkbookError: The part is missing, damaged or beyond a limit.

        """
        member = self._members.get(name.lower())
        if member is None:
            raise UnreadableWorkbookError(_DAMAGED)
        parser = _create_parser(handler)
        fed = 0
        try:
            with self._zip.open(member) as file:
                while piece := file.read(_PIECE_BYTES):
                    fed += len(piece)
                    self._bytes_left -= len(piece)
                    if self._bytes_left < 0:
                        raise UnreadableWorkbookError(
                            f"unpacks to more than {format_count(WORKBOOK_LIMIT.bytes, 'byte')}"
                        )
                    parser.Parse(piece, False)
                    if fed - parser.CurrentByteIndex > MAX_XML_TOKEN_BYTES + len(piece):
                        raise UnreadableWorkbookError(f"has an XML tag of more than {MAX_XML_TOKEN_BYTES:,} bytes")
                parser.Parse(b"", True)
        except StopReadingError:
            return
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, expat.ExpatError):
            raise UnreadableWorkbookError(_DAMAGED) from None
        except RuntimeError:  # zipfile raises it for a member with a password
            raise UnreadableWorkbookError("is a workbook with a password; save it without one") from None

    def read_relationships(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the relationships of a part: relationship identifier -> type and name of the related part.

        The dict is empty if the part has no relationship.

        Source: ECMA-376 part 2, section 9.3.
        """
        folder, file = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{file}.rels")
        handler = _RelationshipHandler(folder)
        if self.has_part(name):
            self.handle_part(name, handler)
        return handler.targets


class _RelationshipHandler:
    """Handler of a part of a workbook that lists the relationships of another part."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.targets: dict[str, tuple[str, str]] = {}

    def start_element(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            # A target with a slash at its beginning is relative to the root of the workbook.
            target = posixpath.normpath(posixpath.join("/", self._folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.targets[attributes.get("Id", "")] = (kind, target.lstrip("/"))

    def end_element(self, name: str) -> None:
        pass

    def add_text(self, text: str) -> None:
        pass


def _create_parser(handler: WorkbookPartHandler) -> expat.XMLParserType:
    """Return an XML parser that calls the handler, and refuses document type declarations."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = _PARSER_TEXT_BYTES
    names: dict[str, str] = {}

    def remove_prefix(name: str) -> str:
        local_name = names.get(name)
        if local_name is None:
            local_name = names[name] = name.rpartition(":")[2]
        return local_name

    def start_element(name: str, attributes: dict[str, str]) -> None:
        handler.start_element(remove_prefix(name), attributes)

    def refuse_doctype(*_: object) -> None:
        raise UnreadableWorkbookError("has a document type declaration, which no spreadsheet writes")

    parser.StartElementHandler = start_element
    parser.EndElementHandler = lambda name: handler.end_element(remove_prefix(name))
    parser.CharacterDataHandler = handler.add_text
    parser.StartDoctypeDeclHandler = refuse_doctype
    return parser
