"""The service's own words about a failure, with everything masked that may be a patient's value.

What AWS may repeat of a file's content in a message is not documented. So words are shown by allow-list: those that
describe a fault, names and tags of attributes, UIDs, and documented names. Anything else is masked.
"""

from __future__ import annotations

import re

from dicommap.model.masking import MASK

_TEXT = (
    "a accepted access all already an and any are array as at attribute attributes aws be been bucket buckets but by "
    "bytes can cannot cause class code completed compressed conformant contain contained contains content corrupt "
    "could count customer data dataset date decode decoded decoding decompress denied deserialize dicom did do does "
    "element elements empty encode encoded encoding encountered error errors exceed exceeded exceeding exceeds "
    "exception exist existing exists expected fail failed failure file files folder folders for format found frame "
    "frames from group has have header healthimaging identifier image images import imported importing in incorrect "
    "input instance instances internal invalid is it item items its job jobs json key kms large larger length level "
    "limit limits malformed mapping mappings match matches maximum message meta metadata minimum mismatch missing "
    "more must name no non not number object objects of offset on one only or out output p10 parse parsed parsing "
    "part path patient pattern permission permissions pixel pixels please preamble prefix present primary private "
    "process processed processing quota read reading required resource retry role s3 sequence series server service "
    "set size sop specified standard store stored structure study such support supported syntax system table tag than "
    "that the there this throttled timeout to too transcode transcoded transcoding transfer try type uid unable under "
    "unexpected unknown unreadable unsupported update uri valid validate validation value values vr was were when "
    "while with without write zero zip "
)
_WORDS = frozenset(_TEXT.split())
_PIECE = re.compile(
    r"(?P<tag>\([0-9A-Fa-f]{4},\s?[0-9A-Fa-f]{4}\))"
    r"|(?P<uid>(?<![0-9.])(?:1\.[23]|2\.16|2\.25)(?:\.[0-9]+){2,}(?![0-9.]))"
    r"|(?P<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"
    r"|(?P<word>[^\W_]+(?:[-'][^\W_]+)*)"
    r"|(?P<other>[^\w\s.,:;()\[\]'\"/-]+|_+)"
)
_MASKED_AGAIN = re.compile(rf"{re.escape(MASK)}(?:[\W_]*{re.escape(MASK)})+")
_SERVICE_NAMES = re.compile(r"[A-Z][A-Za-z]+(?:Exception|Error)")
_LIMITS = re.compile(
    r"[A-Z]+(?:_[A-Z]+)*_(?:LIMIT|LIMITS|EXCEEDED|ERROR|FAILURE|FAILED|QUOTA|TIMEOUT|DENIED)(?:_[A-Z]+)*"
)


def shown_words(message: str, *, show_values: bool) -> str:
    """Return a message of the service, what may be a value masked unless values are to be shown."""
    if show_values:
        return message
    return _MASKED_AGAIN.sub(MASK, _PIECE.sub(_piece, message))


def _piece(match: re.Match[str]) -> str:
    text = match[0]
    if match.lastgroup in ("tag", "uid"):
        return text
    if match.lastgroup == "name":
        return text if _is_named(text) else MASK
    if match.lastgroup == "word" and (text.lower() in _WORDS or _SERVICE_NAMES.fullmatch(text) or _is_keyword(text)):
        return text
    return MASK


def _is_named(text: str) -> bool:
    from dicommap.model.warning_names import is_listed

    return is_listed(text) or _LIMITS.fullmatch(text) is not None


def _is_keyword(text: str) -> bool:
    from dicommap.model.dictionary import TAGS  # a large table, which a run without failures needs not

    return text in TAGS
