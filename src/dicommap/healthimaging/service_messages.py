"""Mask messages of AWS services: only listed words, documented names and UIDs are shown.

A message may contain text from a file, and AWS does not document which text. So only listed words, keywords and tags of
attributes, UIDs and documented names are shown. All other words are masked. Some listed words can also be names of
persons. Such a word is masked if it is quoted, is joined to other words as in a person name, or begins with a capital
letter inside a sentence.
"""

from __future__ import annotations

import re

from dicommap.dicom.printable_text import MASK

_TEXT = (
    "a accepted access action actions all allows already an and any are array as at attribute attributes "
    "authorization authorized aws be because been bucket buckets but by bytes can cannot cause class code completed "
    "compressed conformant constraint contain contained contains content corrupt could count customer data dataset "
    "date decode decoded decoding decompress denied deserialize detected dicom did do does element elements empty "
    "encode encoded encoding encountered error errors exceed exceeded exceeding exceeds exception exist existing "
    "exists expected explicit expression fail failed failure file files folder folders for format found frame frames "
    "from group has have header healthimaging identifier identity-based image images import imported importing in "
    "incorrect input instance instances internal invalid is it item items its job jobs json key kms large larger "
    "length level limit limits malformed mapping mappings match matches maximum member message meta metadata minimum "
    "mismatch missing more must name no non not number object objects of offset on one only or out output p10 parse "
    "parsed parsing part path patient pattern perform performing permission permissions pixel pixels please policy "
    "preamble prefix present primary private process processed processing quota read reading regular required "
    "resource resource-based retry role s3 satisfy sequence series server service set size sop specified standard "
    "store stored structure study such support supported syntax system table tag than that the there this throttled "
    "timeout to too transcode transcoded transcoding transfer try type uid unable under unexpected unknown unreadable "
    "unsupported update uri user valid validate validation value values vr was were when while with without write "
    "zero zip conflict included rate reached refused request requested security token unavailable "
)
_WORDS = frozenset(_TEXT.split())
_ABBREVIATIONS = frozenset(
    ["AWS", "DICOM", "HealthImaging", "ID", "JSON", "KMS", "P10", "S3", "SOP", "UID", "UIDs", "URI", "VR"]
)
_SENTENCE = re.compile(r"(?:\.|(?:Exception|Error):)\s+\Z")
_PIECE = re.compile(
    r"(?P<quoted>\"[^\"]*\"|(?<!\w)'[^']*'(?!\w))"
    r"|(?P<joined>(?:[^\s^=\\'\"]+=|[^\s^=\\'\"]*[\^\\])[^\s'\"]*)"
    r"|(?P<phrase>Access Denied|Amazon S3(?!\w)|requested by the test(?!\w)|Member must)"
    r"|(?P<arn>arn:aws[a-z-]*:[\w-]*:[\w-]*:[0-9]*:[\w+=,.@:/*-]+)"
    r"|(?P<action>(?:medical-imaging|s3|iam|sts|kms):[A-Z][A-Za-z]{2,60}(?![A-Za-z]))"
    r"|(?P<tag>\([0-9A-Fa-f]{4},\s?[0-9A-Fa-f]{4}\))"
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


def mask_service_message(message: str, *, show_values: bool) -> str:
    """Return a message of an AWS service. Words that may be patient values are masked, unless `show_values` is true."""
    if show_values:
        return message
    return _MASKED_AGAIN.sub(MASK, _PIECE.sub(_mask_piece, message))


def _mask_piece(match: re.Match[str]) -> str:
    """Return a piece of a message for display: unchanged if it cannot be a patient value, else masked."""
    text, kind = match[0], match.lastgroup
    if kind == "quoted":
        return text if _is_technical_name(text[1:-1]) else f"{text[0]}{MASK}{text[-1]}"
    if (
        kind in ("phrase", "arn", "action", "tag", "uid")
        or (kind == "word" and _is_listed_word(match))
        or _is_technical_name(text)
    ):
        return text
    return MASK


def _is_listed_word(match: re.Match[str]) -> bool:
    """Return whether a word of a message is in the list of words that may be shown.

    `match` is the match of the word. A listed word with a capital letter inside a sentence may be a name, so it is not
    shown.
    """
    text = match[0]
    if text in _WORDS or text in _ABBREVIATIONS:
        return True
    before = match.string[: match.start()]
    begins = not before.strip() or _SENTENCE.search(before[-20:]) is not None
    return begins and text == text.capitalize() and text.lower() in _WORDS


def _is_technical_name(text: str) -> bool:
    """Return whether a text is the name of an AWS error, limit or warning, or a DICOM keyword."""
    return _SERVICE_NAMES.fullmatch(text) is not None or _is_documented_name(text) or _is_keyword(text)


def _is_documented_name(text: str) -> bool:
    from dicommap.healthimaging.job_output import is_documented_warning

    return is_documented_warning(text) or _LIMITS.fullmatch(text) is not None


def _is_keyword(text: str) -> bool:
    from dicommap.dicom.dictionary import TAG_BY_KEYWORD  # a large table, needed only for messages

    return text in TAG_BY_KEYWORD
