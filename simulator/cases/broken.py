"""Cases about bytes: XML that is mangled, cut off, hostile or not there (traps 24, 25)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.casebook import Trade
from simulator.submission import FilingRows, ownership_xml, submission_bytes, submission_without_xml

if TYPE_CHECKING:
    from simulator.casebook import CaseBook, Issuer

_RECOVERED = {"recovery": "not null"}
_LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">\n' for level in range(1, 10))
_LAUGHTER = f'<!DOCTYPE ownershipDocument [\n<!ENTITY l0 "ha">\n{_LAUGHS}]>\n'
_OUTSIDE = '<!DOCTYPE ownershipDocument [\n<!ENTITY secret SYSTEM "file:///etc/passwd">\n]>\n'
_REMOTE = '<!DOCTYPE ownershipDocument SYSTEM "http://127.0.0.1:9/ownership.dtd">\n'


def write(book: CaseBook) -> None:
    """Write the cases of this module."""
    issuer = book.issuer("Rook & Tarn Household Products Co", "2840")
    _mangled(book, issuer)
    _lost(book, issuer)
    _hostile(book, issuer)


def _rows(
    book: CaseBook, issuer: Issuer, place: int, person: str, trade: Trade, notes: tuple[str, ...] = ()
) -> FilingRows:
    return book.rows(book.day(place), issuer, book.owner(person, "Director"), [trade], notes=notes)


def _mangled(book: CaseBook, issuer: Issuer) -> None:
    why = "a bare ampersand in the issuer's name: mended without loss, and said so"
    for case, place in (("T24-bare-ampersand", 2), ("T24-bare-ampersand-january", 8)):
        rows = _rows(book, issuer, place, "Mangle Amp A.", Trade("P", str(1000 + place), "22.00"))
        body = submission_bytes(rows, ownership_xml(rows).replace("&amp;", "&").encode())
        filing = book.file(rows, body=body)
        book.expect(
            case,
            24,
            filing,
            1,
            why,
            share_count=1000 + place,
            issuer_name=issuer.name,
            is_signal_trade=True,
            **_RECOVERED,
        )

    trade = Trade("P", "1300", "22.10", price_notes="F1")
    rows = _rows(book, issuer, 3, "Mangle Quote B.", trade, ("Weighted average price.",))
    body = submission_bytes(rows, ownership_xml(rows).replace('footnoteId id="F1"', "footnoteId id=F1").encode())
    filing = book.file(rows, body=body)
    why = "an attribute without quotes: mended without loss"
    book.expect("T24-unquoted-attribute", 24, filing, 1, why, share_count=1300, price_usd="22.10", **_RECOVERED)

    rows = _rows(book, issuer, 4, "Mangle Lumière C.", Trade("P", "1400", "22.20"))
    xml = ownership_xml(rows).replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>')
    filing = book.file(rows, body=submission_bytes(rows, xml.encode("latin-1")))
    why = "declared as UTF-8, written in Latin-1: the name keeps its accent"
    book.expect(
        "T24-wrong-encoding", 24, filing, 1, why, owner_names="Mangle Lumière C.", share_count=1400, **_RECOVERED
    )

    rows = _rows(book, issuer, 9, "Mangle Blank D.", Trade("P", "1500", "22.30"))
    filing = book.file(rows, body=submission_bytes(rows, b"\n\n   " + ownership_xml(rows).encode()))
    why = "blank lines before the XML declaration"
    book.expect("T24-leading-blanks", 24, filing, 1, why, share_count=1500, is_signal_trade=True)

    rows = _rows(book, issuer, 10, "Mangle Code E.", Trade("", "1600", "22.40", acquired="A"))
    xml = re.sub(r"\s*<transactionCoding>.*?</transactionCoding>", "", ownership_xml(rows))
    filing = book.file(rows, body=submission_bytes(rows, xml.encode()), in_quarterly=False)
    why = "the coding element is missing: a row without a code, kept and not counted"
    book.expect(
        "T24-no-coding", 24, filing, 1, why, transaction_code=None, share_count=1600, is_signal_trade=False,
        exclusion_reason="not_open_market",
    )  # fmt: skip

    rows = _rows(book, issuer, 5, "Mangle None F.", Trade("P", "1700", "22.50"))
    filing = book.file(rows)
    why = "well-formed XML of the same company needs no mending"
    book.expect("T24-well-formed", 24, filing, 1, why, recovery=None, share_count=1700, is_signal_trade=True)


def _lost(book: CaseBook, issuer: Issuer) -> None:
    rows = _rows(book, issuer, 11, "Lost Half A.", Trade("P", "2000", "23.00"))
    xml = ownership_xml(rows)
    cut = xml[: xml.index("<transactionPricePerShare>") + 40]
    filing = book.file(rows, body=submission_bytes(rows, cut.encode()), in_quarterly=False)
    why = "the document ends in the middle of a row: kept in quarantine, the day goes on"
    book.expect(
        "T24-truncated", 24, filing, None, why, **{"quarantine.reason_code": "xml_not_recoverable", "row_count": 0}
    )

    rows = _rows(book, issuer, 12, "Lost Block B.", Trade("P", "2100", "23.10"))
    whole = ownership_xml(rows).encode()
    hole = whole.index(b"<transactionShares>") + 8
    filing = book.file(
        rows, body=submission_bytes(rows, whole[:hole] + bytes(160) + whole[hole + 160 :]), in_quarterly=False
    )
    why = "a block of zero bytes lies over the amounts: what stood there is gone"
    expected = {"quarantine.reason_code": "xml_not_recoverable", "row_count": 0}
    book.expect("T24-zeroed-block", 24, filing, None, why, **expected)

    rows = _rows(book, issuer, 13, "Lost Form C.", Trade("P", "2200", "23.20"))
    filing = book.file(rows, body=submission_without_xml(rows), in_quarterly=False)
    why = "a submission without an ownership document"
    book.expect(
        "T24-no-document", 24, filing, None, why, **{"quarantine.reason_code": "no_ownership_document", "row_count": 0}
    )


def _hostile(book: CaseBook, issuer: Issuer) -> None:
    cases = (
        ("T25-billion-laughs", 9, _LAUGHTER, "&l9;", "entities that expand to gigabytes"),
        ("T25-external-entity", 10, _OUTSIDE, "&secret;", "an entity that reads a file of this machine"),
        ("T25-remote-dtd", 12, _REMOTE, "", "a document type fetched from the network"),
    )
    for place, (case, day, doctype, entity, why) in enumerate(cases):
        rows = _rows(book, issuer, day, f"Hostile {chr(65 + place)}.", Trade("P", str(3000 + place), "24.00"))
        head, rest = ownership_xml(rows).split("?>", 1)
        xml = f"{head}?>\n{doctype}{rest.lstrip()}"
        xml = xml.replace("</ownershipDocument>", f"<remarks>{entity}</remarks></ownershipDocument>")
        filing = book.file(rows, body=submission_bytes(rows, xml.encode()), in_quarterly=False)
        book.expect(case, 25, filing, None, why, **{"quarantine.reason_code": "xml_hostile", "row_count": 0})
    rows = _rows(book, issuer, 11, "Harmless D.", Trade("P", "3100", "24.10"))
    xml = ownership_xml(rows).replace("Harmless D.", "Harmless &#68;.")
    filing = book.file(rows, body=submission_bytes(rows, xml.encode()))
    why = "a character reference is no entity declaration"
    book.expect("T25-character-reference", 25, filing, 1, why, owner_names="Harmless D.", is_signal_trade=True)
