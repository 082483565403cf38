"""Read one ownership XML strictly, mending it first only where nothing is lost.

A parser that "recovers" drops what it cannot read, silently. Here every repair has a name, changes only what no
well-formed XML may contain, keeps every character the filer wrote, and is followed by a strict parse; what still cannot
be read is refused with line and column. Nothing is fetched, no DTD is read, no entity is expanded, sizes are bounded.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable

# Forms have at most 30 rows a table, and the largest real one we know has 90 kB. Above this it is no form; below, even
# a tree of the smallest elements stays under 400 MB.
MAX_XML_BYTES = 4 * 1024 * 1024

# What each name in `raw.submission.recovery` means.
REPAIRS: dict[str, str] = {
    "byte_order_mark": "a byte order mark before the XML was left out",
    "encoding_cp1252": "bytes that are not in the declared encoding were read as Windows-1252",
    "encoding_utf8": "bytes declared to be in a single-byte encoding are UTF-8",
    "encoding_mixed": "UTF-8 with stray Windows-1252 bytes was read piece by piece",
    "declaration": "an XML declaration that cannot be read was left out",
    "control_characters": "control characters XML forbids (all but NUL) are written as their Unicode control pictures",
    "bare_ampersand": "an ampersand that starts no entity stands for itself",
    "bare_less_than": "a less-than sign that starts no tag stands for itself",
    "attributes": "attributes without proper quotes were quoted",
    "duplicate_document": "the same ownership document stood in the submission more than once, byte for byte",
}


def _parser(*, keep_blanks: bool) -> etree.XMLParser:
    return etree.XMLParser(
        # Given from outside: a document cannot choose an encoding in which a DOCTYPE looks like something else.
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=not keep_blanks,
        recover=False,
    )


# White space between elements means nothing in a form and costs a third of the time; inside text it is kept by both.
_PARSERS = {keep_blanks: _parser(keep_blanks=keep_blanks) for keep_blanks in (False, True)}
# Single-byte encodings a filer may declare; ASCII is a part of UTF-8.
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "latin-1": "latin-1",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
}
_DECLARED = re.compile(rb"""<\?xml[^<>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_USUAL_DECLARATION = b'<?xml version="1.0"?>'
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Readable:
    """A document that was read.

    Attributes:
        root: Its root element.
        recovery: Names of the repairs that were needed, in order, separated by commas; ``None`` for most.
    """

    root: etree._Element
    recovery: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that was not read.

    Attributes:
        reason_code: A key of ``ownership.REASONS``.
        detail: What was found, with line and column where there are any.
    """

    reason_code: str
    detail: str


def read_xml(xml: bytes, *, keep_blanks: bool = False) -> Readable | Refused:
    """Parse XML from an untrusted source.

    Args:
        xml: The document without surrounding white space.
        keep_blanks: Keep white space that stands alone between two elements.

    Returns:
        The root with the repairs that were needed, or why it was refused. Never raises.
    """
    if len(xml) > MAX_XML_BYTES:
        return Refused("too_large", f"{len(xml)} bytes of XML, at most {MAX_XML_BYTES} are read")
    if refused := _refuse_declarations(xml):
        return refused
    parser = _PARSERS[keep_blanks]
    encoding = "utf-8"
    if not xml.startswith(_USUAL_DECLARATION) and (declared := _DECLARED.match(xml.removeprefix(_BOM))):
        name = declared[1].decode("ascii")
        if name.lower() not in _ENCODINGS:
            return Refused("encoding_unknown", f"declared encoding {name!r}")
        encoding = _ENCODINGS[name.lower()]
    try:
        if encoding == "utf-8" or xml.isascii():
            return Readable(etree.fromstring(xml, parser), None)
        text, repair = _decode_single_byte(xml, encoding)
        return Readable(etree.fromstring(text.encode(), parser), repair)
    except etree.XMLSyntaxError as error:
        return _mend(xml, encoding, error, parser)


def _refuse_declarations(xml: bytes) -> Refused | None:
    # A DOCTYPE is only well-formed before the root element; a mark behind it is not, and fails the parse.
    prolog_end = xml.find(b"ownershipDocument")
    if prolog_end > 0 and xml.find(b"<!", 0, prolog_end) < 0:
        return None
    for mark in (b"<!DOCTYPE", b"<!ENTITY"):
        if (at := xml.find(mark)) >= 0:
            return Refused("xml_hostile", f"{mark[2:].decode()} at byte {at}")
    return None


def _mend(xml: bytes, encoding: str, first_error: etree.XMLSyntaxError, parser: etree.XMLParser) -> Readable | Refused:
    names: list[str] = []
    if xml.startswith(_BOM):
        xml = xml[len(_BOM) :].lstrip()
        names.append("byte_order_mark")
    text, name = _decode_utf8(xml) if encoding == "utf-8" else _decode_single_byte(xml, encoding)
    if name:
        names.append(name)
    root = _strict(text, parser) if names else None
    for name, repair in _TEXT_REPAIRS.items():
        if root is not None:
            break
        mended = repair(text)
        if mended != text:
            text = mended
            names.append(name)
            root = _strict(text, parser)
    if root is None:
        line, column = first_error.position
        return Refused("xml_not_recoverable", f"line {line}, column {column}: {_message(first_error)}")
    return Readable(root, ",".join(names))


def _strict(text: str, parser: etree.XMLParser) -> etree._Element | None:
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        return None


def _message(error: etree.XMLSyntaxError) -> str:
    """The parser's message on one line, without its own line numbers."""
    return " ".join((error.msg or "not well-formed").partition(", line ")[0].split())[:300]


def _decode_utf8(xml: bytes) -> tuple[str, str | None]:
    """UTF-8 sequences as UTF-8, every other byte above 127 as Windows-1252."""
    text = xml.decode("utf-8", _AS_CP1252)
    try:
        xml.decode("utf-8")
    except UnicodeDecodeError:
        # Each stray byte became one character, so fewer characters than bytes means that real UTF-8 was there too.
        return text, "encoding_mixed" if len(text) < len(xml) else "encoding_cp1252"
    return text, None


def _decode_single_byte(xml: bytes, encoding: str) -> tuple[str, str | None]:
    """Text in a declared single-byte encoding, unless the bytes say otherwise.

    Accented text in such an encoding is practically never valid UTF-8 by accident, and the C1 control characters of
    Latin-1 never stand in a form: those bytes are Windows-1252 quotes and dashes.
    """
    try:
        return xml.decode("utf-8"), "encoding_utf8"
    except UnicodeDecodeError:
        text = xml.decode(encoding, _AS_CP1252)
    if encoding == "latin-1" and _C1.search(text):
        return xml.decode("cp1252", _AS_CP1252), "encoding_cp1252"
    return text, None


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes a codec refused as Windows-1252, and as Latin-1 the five that has no character for."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(_CP1252[byte] for byte in error.object[error.start : error.end]), error.end


def _cp1252(byte: int) -> str:
    try:
        return bytes((byte,)).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


_CP1252 = tuple(_cp1252(byte) for byte in range(256))
_AS_CP1252 = "insider_tiers_as_cp1252"
codecs.register_error(_AS_CP1252, _as_cp1252)
_C1 = re.compile("[\x80-\x9f]")

# Every pattern below is linear: possessive, or bounded by characters it cannot cross.
_DECLARATION = re.compile(r"<\?xml[^<>]*+>")
_GOOD_DECLARATION = re.compile(
    r"""<\?xml\s+version\s*=\s*(["'])1\.[0-9]\1(?:\s+encoding\s*=\s*(["'])[\w.:-]+\2)?"""
    r"""(?:\s+standalone\s*=\s*(["'])(?:yes|no)\3)?\s*\?>"""
)
# Not NUL: a block of zero bytes lies where something else stood, and that is gone.
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f]")
_CONTROL_REFERENCE = re.compile(r"&#(?:0*+([0-9]{1,2})|x0*+([0-9A-Fa-f]{1,2})|(0++));")
_CONTROL_PICTURE = re.compile("[\u2400-\u241f]")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_BARE_LESS_THAN = re.compile(r"<(?![A-Za-z_:/!?])")
_TAG = re.compile(r"<([A-Za-z_:][\w:.-]*+)([^<>]*+)>")
_GOOD_ATTRIBUTES = re.compile(r"""(?:\s++[A-Za-z_:][\w:.-]*+\s*+=\s*+(?:"[^"]*+"|'[^']*+'))*+\s*+""")
_QUOTE = r"""(?:&quot;|["'\u2018\u2019\u201c\u201d`])"""
_LOOSE_ATTRIBUTE = re.compile(
    rf"""\s*+([A-Za-z_:][\w:.-]*+)\s*+=\s*+{_QUOTE}{{0,2}}+\s*+([\w.:#/-]*+)\s*+{_QUOTE}{{0,2}}+"""
)


def _outside_literals(text: str, repair: Callable[[str], str]) -> str:
    """Apply a repair to everything but CDATA sections, comments and processing instructions, which need none."""
    pieces: list[str] = []
    start = 0
    for literal in _LITERAL_START.finditer(text):
        if literal.start() < start:
            continue
        end = text.find(_LITERAL_END[literal[0]], literal.end())
        if end < 0:
            return text  # never closed: no repair makes this well-formed
        end += len(_LITERAL_END[literal[0]])
        pieces += (repair(text[start : literal.start()]), text[literal.start() : end])
        start = end
    return "".join((*pieces, repair(text[start:])))


_LITERAL_END = {"<![CDATA[": "]]>", "<!--": "-->", "<?": "?>"}
_LITERAL_START = re.compile("|".join(map(re.escape, _LITERAL_END)))


def _mend_declaration(text: str) -> str:
    bad = _DECLARATION.match(text)
    return text[bad.end() :] if bad and not _GOOD_DECLARATION.fullmatch(bad[0]) else text


def _mend_control_characters(text: str) -> str:
    if _CONTROL_PICTURE.search(text):
        return text  # the filer's own pictures could not be told from ours any more

    def picture(code: int, written: str) -> str:
        return chr(0x2400 + code) if code < 0x20 and code not in (0x09, 0x0A, 0x0D) else written

    def reference(match: re.Match[str]) -> str:
        code = int(match[1]) if match[1] else int(match[2], 16) if match[2] else 0
        return picture(code, match[0])

    text = _CONTROL.sub(lambda match: picture(ord(match[0]), match[0]), text)
    return _outside_literals(text, lambda piece: _CONTROL_REFERENCE.sub(reference, piece))


def _mend_bare_ampersand(text: str) -> str:
    return _outside_literals(text, lambda piece: _BARE_AMPERSAND.sub("&amp;", piece))


def _mend_bare_less_than(text: str) -> str:
    return _outside_literals(text, lambda piece: _BARE_LESS_THAN.sub("&lt;", piece))


def _mend_attributes(text: str) -> str:
    return _outside_literals(text, lambda piece: _TAG.sub(_mend_tag, piece))


def _mend_tag(tag: re.Match[str]) -> str:
    name, written = tag[1], tag[2]
    attributes, slash = (written[:-1], "/") if written.endswith("/") else (written, "")
    length = len(attributes.rstrip())
    values: dict[str, str] = {}
    at = count = 0
    while at < length:
        attribute = _LOOSE_ATTRIBUTE.match(attributes, at)
        if attribute is None or values.setdefault(attribute[1], attribute[2]) != attribute[2]:
            return tag[0]  # not one of the shapes we know, or two values for one name: nothing is guessed
        at = attribute.end()
        count += 1
    if count == len(values) and _GOOD_ATTRIBUTES.fullmatch(attributes):
        return tag[0]
    return f"<{name}" + "".join(f' {key}="{value}"' for key, value in values.items()) + f"{slash}>"


_TEXT_REPAIRS: dict[str, Callable[[str], str]] = {
    "declaration": _mend_declaration,
    "control_characters": _mend_control_characters,
    "bare_ampersand": _mend_bare_ampersand,
    "attributes": _mend_attributes,
    "bare_less_than": _mend_bare_less_than,
}
