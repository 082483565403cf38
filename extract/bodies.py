"""Tells by the bytes alone whether a body is what was asked for, or one of the pages EDGAR sends in its place.

EDGAR answers an address it throttles, refuses or does not have with web pages or XML, under status 200, 403 or 404,
sometimes gzipped although nobody asked. The status alone decides nothing.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from extract.daily_index import looks_like_index
from warehouse.errors import SourceDataError

if TYPE_CHECKING:
    from collections.abc import Callable

_GZIP_MAGIC = b"\x1f\x8b\x08"

# Beginnings of a full submission: today's, the dissemination form's, and those of the 1990s.
_SUBMISSION_STARTS = (b"<SEC-DOCUMENT>", b"<SUBMISSION>", b"<SEC-HEADER>", b"<IMS-DOCUMENT>", b"-----BEGIN PRIVACY")
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")

_THROTTLE_PHRASES = (b"request rate threshold exceeded", b"undeclared automated tool")
_SNIFFED_BYTES = 65_536


def unzip_unasked(body: bytes, limit: int) -> bytes:
    """The body, decompressed when it is gzip although no header said so.

    Raises:
        SourceDataError: It is damaged, or larger than `limit` bytes.
    """
    if not body.startswith(_GZIP_MAGIC):
        return body
    plain = bytearray()
    rest = body
    while rest.startswith(_GZIP_MAGIC):
        member = zlib.decompressobj(wbits=31)
        try:
            plain += member.decompress(rest, limit - len(plain) + 1)
        except zlib.error as error:
            raise SourceDataError(f"gzip body of {len(body)} bytes is damaged: {error}") from error
        if len(plain) > limit:
            raise SourceDataError(f"gzip body of {len(body)} bytes holds more than {limit} bytes")
        if not member.eof:
            raise SourceDataError(f"gzip body of {len(body)} bytes is cut off")
        rest = member.unused_data
    if rest:
        raise SourceDataError(f"gzip body of {len(body)} bytes is followed by {len(rest)} bytes of something else")
    return bytes(plain)


def is_throttle_page(body: bytes) -> bool:
    """Whether this is EDGAR's "slow down" or "declare yourself" page."""
    if not _is_web_page(body):
        return False
    text = body[:_SNIFFED_BYTES].lower()
    return any(phrase in text for phrase in _THROTTLE_PHRASES)


def is_undeclared_page(body: bytes) -> bool:
    """Whether this is EDGAR's page for clients whose User-Agent does not say who they are."""
    return _is_web_page(body) and _THROTTLE_PHRASES[1] in body[:_SNIFFED_BYTES].lower()


def is_access_denied(body: bytes) -> bool:
    """Whether this is the storage's XML for "no such file" (which EDGAR's archives send with status 403)."""
    start = body[:_SNIFFED_BYTES]
    return b"<Error>" in start and (b"<Code>AccessDenied</Code>" in start or b"<Code>NoSuchKey</Code>" in start)


def wrong_shape(kind: str, body: bytes) -> str | None:
    """Why a body cannot be a file of this kind; ``None`` when it may be one.

    Args:
        kind: ``index``, ``listing``, ``filing``, ``quarterly``, ``issuer``, ``price`` or ``page``.
        body: Decompressed body of an answer with status 200.
    """
    if not body.strip():
        return "an empty body"
    if not _SHAPES[kind](body):
        what = "a web page" if _is_web_page(body) else "something else"
        return f"{what} in place of a file of kind {kind}, beginning {body.lstrip()[:60]!r}"
    return None


def _is_submission(body: bytes) -> bool:
    return body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_SUBMISSION_STARTS)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _is_json_object_begun(body: bytes) -> bool:
    # Whether it can be read to its end is judged after it is kept: a record the SEC mangled has a reason then.
    return body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def _is_zip(body: bytes) -> bool:
    return body.startswith(_ZIP_STARTS)


def _is_web_page(body: bytes) -> bool:
    start = body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html")) or b"<html" in start


def _is_data_text(body: bytes) -> bool:
    return not body.lstrip().startswith(b"<")


_SHAPES: dict[str, Callable[[bytes], bool]] = {
    "index": looks_like_index,
    "listing": _is_json,
    "filing": _is_submission,
    "quarterly": _is_zip,
    "issuer": _is_json_object_begun,
    "price": _is_data_text,
    "page": _is_web_page,
}
