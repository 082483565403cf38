"""Broken and hostile bytes: mended without loss, or quarantined with a reason; never a crash, never a flood."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from extract.ownership import REASONS, ParsedFiling, QuarantinedFiling
from extract.xml_repair import MAX_XML_BYTES, REPAIRS
from tests.conftest import REPOSITORY
from tests.extract.filings import (
    FOOTNOTES,
    OWNER_XML,
    TRANSACTION,
    filing,
    named,
    only,
    ownership_xml,
    parsed,
    read,
    refused,
    submission,
    xml_document,
)

if TYPE_CHECKING:
    from pathlib import Path

GOOD = filing(ownership_xml())


def with_note(text: str) -> str:
    return ownership_xml(footnotes=f'<footnotes><footnote id="F1">{text}</footnote></footnotes>')


def note_and_recovery(content: bytes) -> tuple[str | None, str | None]:
    result = parsed(content)
    return only(named(result, "footnotes"))["footnote_txt"], only(named(result, "submission"))["recovery"]


# ------------------------------------------------------------------------------------------------ mended without loss

LATIN = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"R & D, AT&T, Q&A;", "R & D, AT&T, Q&A;"),
        (b"caf&eacute; &nbsp; &copy 2024", "caf&eacute; &nbsp; &copy 2024"),
        (b"&amp; & &lt; &#38; &#x26; &quot;", '& & < & & "'),
        (b"<![CDATA[R & D]]> & more", "R & D & more"),
        (b"<!-- R & D -->&", "&"),
    ],
)
def test_bare_ampersands(written: bytes, text: str) -> None:
    content = filing(with_note("@").encode().replace(b"@", written))
    assert note_and_recovery(content) == (text, "bare_ampersand")


@pytest.mark.parametrize(
    ("written", "text"),
    [(b"price < $5 and <5", "price < $5 and <5"), (b"<= 3", "<= 3"), (b"less <\xe2\x80\x93 more", "less <\u2013 more")],
)
def test_bare_less_than_signs(written: bytes, text: str) -> None:
    content = filing(with_note("@").encode().replace(b"@", written))
    assert note_and_recovery(content) == (text, "bare_less_than")


@pytest.mark.parametrize(
    ("written", "text", "recovery"),
    [
        (b"Jos\xe9 \x93quoted\x94 \x96 1\xbd", "José “quoted” \u2013 1½", "encoding_cp1252"),
        (b"\x81 stays", "\x81 stays", "encoding_cp1252"),
        (b"Jos\xc3\xa9 \x93quoted\x94", "José “quoted”", "encoding_mixed"),
        ("José “quoted”".encode(), "José “quoted”", None),
    ],
)
def test_bytes_that_are_not_the_declared_utf8(written: bytes, text: str, recovery: str | None) -> None:
    assert note_and_recovery(filing(with_note("@").encode().replace(b"@", written))) == (text, recovery)


@pytest.mark.parametrize(
    ("declared", "written", "text", "recovery"),
    [
        ("ISO-8859-1", b"Jos\xe9", "José", None),
        ("ISO-8859-1", b"\x93Jos\xe9\x94", "“José”", "encoding_cp1252"),
        ("iso-8859-1", "José “q”".encode(), "José “q”", "encoding_utf8"),
        ("windows-1252", b"\x93Jos\xe9\x94", "“José”", None),
        ("Windows-1252", "José".encode(), "José", "encoding_utf8"),
        ("US-ASCII", b"plain", "plain", None),
        ("US-ASCII", b"Jos\xe9", "José", "encoding_cp1252"),
        ("UTF-8", b"plain", "plain", None),
    ],
)
def test_other_declared_encodings(declared: str, written: bytes, text: str, recovery: str | None) -> None:
    xml = with_note("@").replace('"1.0"?', f'"1.0" encoding="{declared}"?').encode().replace(b"@", written)
    assert note_and_recovery(filing(xml)) == (text, recovery)


def test_a_wrong_encoding_and_an_ampersand_together() -> None:
    content = filing(with_note("@").encode().replace(b"@", b"Jos\xe9 & Co"))
    assert note_and_recovery(content) == ("José & Co", "encoding_cp1252,bare_ampersand")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"a\x0bb\x1fc\x01d", "a␋b␟c␁d"),
        (b"a&#0;b&#11;c&#x1F;d&#x0b;&#000;", "a␀b␋c␟d␋␀"),
        (b"tab\tline\nkept&#9;&#10;&#65;\x0c", "tab\tline\nkept\t\nA␌"),
    ],
)
def test_control_characters_become_their_pictures(written: bytes, text: str) -> None:
    content = filing(with_note("[@]").encode().replace(b"@", written))
    assert note_and_recovery(content) == (f"[{text}]", "control_characters")


def test_control_characters_beside_their_own_pictures_could_not_be_told_apart() -> None:
    assert refused(filing(with_note("a\x0b or ␋"))).reason_code == "xml_not_recoverable"


@pytest.mark.parametrize(
    "mangled",
    [
        "id=F1",
        'id="F1',
        "id=F1'",
        "id='F1\"",
        "id=“F1”",
        "id=&quot;F1&quot;",
        'id=""F1""',
        'id = "F1" id="F1"',
        "id=`F1`",
    ],
)
def test_mangled_attributes(mangled: str) -> None:
    xml = ownership_xml().replace('id="F1"', mangled)
    result = parsed(filing(xml))
    assert result.rows["nonderiv_trans"] == parsed(GOOD).rows["nonderiv_trans"]
    assert result.rows["footnotes"] == parsed(GOOD).rows["footnotes"]
    assert only(named(result, "submission"))["recovery"] == "attributes"


@pytest.mark.parametrize("mangled", ['id="F1" id="F2"', "F1", "id", 'id="F1" <b', "id=F 1"])
def test_attributes_that_could_mean_two_things_are_not_guessed(mangled: str) -> None:
    xml = ownership_xml().replace('<footnote id="F1"', f"<footnote {mangled}")
    assert refused(filing(xml)).reason_code == "xml_not_recoverable"


@pytest.mark.parametrize(
    ("declaration", "recovery"),
    [
        ("", None),
        ("<?xml version='1.0' standalone='yes'?>", None),
        ("\ufeff<?xml version='1.0'?>", None),
        ("<?xml version=1.0?>", "declaration"),
        ('<?xml version="1.0>', "declaration"),
        ('<?xml encoding="UTF-8"?>', "declaration"),
        ("\ufeff\n<?xml version='1.0'?>", "byte_order_mark"),
    ],
)
def test_declarations(declaration: str, recovery: str | None) -> None:
    result = parsed(filing(ownership_xml(declaration=declaration)))
    assert only(named(result, "submission"))["recovery"] == recovery
    assert result.rows["nonderiv_trans"] == parsed(GOOD).rows["nonderiv_trans"]


def test_every_repair_has_a_sentence_and_a_test() -> None:
    tested = set(re.findall(r'"([a-z0-9_,]+)"', (REPOSITORY / "tests/extract/test_hostile_xml.py").read_text()))
    tested |= set(re.findall(r'"([a-z0-9_,]+)"', (REPOSITORY / "tests/extract/test_ownership.py").read_text()))
    assert set(REPAIRS) <= tested
    assert all(sentence for sentence in REPAIRS.values())


def test_a_repair_changes_nothing_but_what_was_broken() -> None:
    """One ampersand too many in one footnote: every other row is what it would have been."""
    whole = parsed(filing(with_note("R &amp; D")))
    mended = parsed(filing(with_note("R & D")))
    for table, rows in whole.rows.items():
        if table == "submission":
            assert mended.rows[table][0][:-1] == rows[0][:-1]
        else:
            assert mended.rows[table] == rows


# -------------------------------------------------------------------------------------------------------- not mended


@pytest.mark.parametrize(
    ("xml", "found"),
    [
        (ownership_xml()[:-40], r"line \d+, column \d+"),
        (ownership_xml().replace("</transactionAmounts>", ""), r"line \d+, column \d+.*transactionAmounts"),
        (ownership_xml().replace("<nonDerivativeTable>", "<nonDerivativeTable><nonDerivativeTable>"), r"line \d+"),
        (ownership_xml() + ownership_xml(declaration=""), "line"),
        ("", "line"),
        ("no mark-up at all", "line"),
        (with_note("&unknown; </ownershipDocument>"), "line"),
        (with_note("<![CDATA[ & never closed"), "line"),
        (with_note("\ufffe"), "line"),
        (with_note("&#xD800;"), "line"),
        (ownership_xml().replace("275.634", "\0" * 7), "line"),
    ],
)
def test_what_cannot_be_mended_is_refused_with_its_place(xml: str, found: str) -> None:
    result = refused(filing(xml))
    assert result.reason_code == "xml_not_recoverable"
    assert re.search(found, result.reason), result.reason


def test_truncation_anywhere_is_noticed() -> None:
    """A body cut off inside the XML never gives rows; behind its wrapper, all of them."""
    end = GOOD.index(b"</ownershipDocument>") + len(b"</ownershipDocument>")
    wrapper_end = GOOD.index(b"</XML>") + len(b"</XML>")
    for length in (*range(0, end, 7), end - 1, end, *range(wrapper_end, len(GOOD))):
        assert isinstance(read(GOOD[:length]), ParsedFiling) == (length >= end), length


def test_utf16_is_refused() -> None:
    assert refused(filing(ownership_xml(declaration='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"))).reason


# ----------------------------------------------------------------------------------------------------------- hostile

LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE ownershipDocument [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + "]>"
)


def secret_file(folder: Path) -> Path:
    path = folder / "secret.txt"
    path.write_text("SECRET")
    return path


def test_entities_of_every_kind_are_refused_unread(tmp_path: Path) -> None:
    address = secret_file(tmp_path).as_uri()
    for declaration in (
        LAUGHS,
        f'<!DOCTYPE ownershipDocument [<!ENTITY x SYSTEM "{address}">]>',
        f'<!DOCTYPE ownershipDocument SYSTEM "{address}">',
        '<!DOCTYPE ownershipDocument PUBLIC "-//W3C//DTD" "http://127.0.0.1:9/x.dtd">',
        f'<!DOCTYPE ownershipDocument [<!ENTITY % p SYSTEM "{address}"> %p;]>',
        "<!-- ownershipDocument --><!DOCTYPE ownershipDocument>",
        '<!DOCTYPE ownershipDocument [<!ATTLIST footnote id CDATA "F9">]>',
    ):
        result = refused(filing(ownership_xml(declaration=declaration, rest="<remarks>&x;&m;</remarks>")))
        assert result.reason_code == "xml_hostile", declaration
        assert "SECRET" not in result.reason


def test_a_doctype_below_the_root_is_not_well_formed() -> None:
    assert refused(filing(with_note("<!DOCTYPE x>"))).reason_code == "xml_not_recoverable"


def test_no_inclusion_and_no_stylesheet_is_followed(tmp_path: Path) -> None:
    address = secret_file(tmp_path).as_uri()
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{address}" parse="text"/>'
    sheet = f'<?xml-stylesheet href="{address}"?>'
    result = parsed(filing(ownership_xml(rest=f"<remarks>{include}</remarks>", declaration=sheet)))
    assert "SECRET" not in str(result)


HEAVY = {
    "one long text": f"<remarks>{'x' * 4_000_000}</remarks>",
    "100 MB of text": f"<remarks>{'x' * 50_000_000}</remarks>",
    "many elements": "<a/>" * 500_000,
    "many attributes": "<a " + " ".join(f'b{n}=""' for n in range(200_000)) + "/>",
    "many equal attributes": "<a " + "b=1 " * 500_000 + "/>",
    "a long name": f"<{'a' * 4_000_000}/>",
    "an unclosed tag": f"<a {'b' * 4_000_000}",
    "deep nesting": "<a>" * 200_000 + "</a>" * 200_000,
    "many ampersands": "& " * 1_000_000,
    "many unclosed sections": "<![CDATA[ " * 200_000,
    "many unclosed comments": "<!-- " * 400_000,
    "many less-than signs": "< " * 1_000_000,
    "many bad bytes": "\udcff" * 2_000_000,
    "many references": "&#0;" * 500_000,
    "a long reference": f"&#{'0' * 4_000_000};",
    "many footnotes": '<footnotes><footnote id="F1"/></footnotes>' * 50_000,
    "many references to one footnote": '<x><footnoteId id="F1"/></x>' * 100_000,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", HEAVY)
def test_heavy_files_are_answered_in_time(kind: str) -> None:
    """Each takes a second or less; one that took a time quadratic in its size would take hours."""
    rest = HEAVY[kind].encode("utf-8", "surrogateescape")
    content = filing(ownership_xml(rest="@@").encode().replace(b"@@", rest))
    assert isinstance(read(content), ParsedFiling | QuarantinedFiling)


def test_heavy_files_do_not_fill_the_memory() -> None:
    """In a process of its own: the largest XML we read, made of as many elements as fit, and one of 100 MB."""
    script = (
        "import resource\n"
        "from tests.extract.filings import filing, ownership_xml, read\n"
        f"for rest in ('<a/>' * ({MAX_XML_BYTES} // 4 - 1000), 'x' * 100_000_000):\n"
        "    content = filing(ownership_xml(rest=rest))\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "    result = read(content)\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, type(result).__name__)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    (elements_kb, _), (text_kb, outcome) = (line.split() for line in run.stdout.splitlines())
    assert int(elements_kb) < 400 * 1024, elements_kb
    assert int(text_kb) < 50 * 1024
    assert outcome == "QuarantinedFiling"


# ------------------------------------------------------------------------------------------------------------- fuzzed

FUZZ = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_an_answer(content: bytes) -> None:
    result = read(content)
    if isinstance(result, QuarantinedFiling):
        assert result.reason_code in set(REASONS) - {"parser_error"}
    else:
        assert isinstance(result, ParsedFiling)
        for rows in result.rows.values():
            for row in rows:
                # What goes into Parquet must be text.
                assert all(value is None or (value.encode() and value == value.strip()) for value in row)


@FUZZ
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_any_byte_may_be_any_other(place: int, byte: int) -> None:
    assert_an_answer(GOOD[:place] + bytes((byte,)) + GOOD[place + 1 :])


@FUZZ
@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.binary(max_size=40))
def test_any_part_may_be_replaced(start: int, end: int, middle: bytes) -> None:
    assert_an_answer(GOOD[: min(start, end)] + middle + GOOD[max(start, end) :])


@FUZZ
@given(st.binary(max_size=400))
@example(b"\xff\xfe<\x00a\x00>\x00")
@example(b"<?xml version='1.0' encoding='utf-8'?>\xef\xbb\xbf<ownershipDocument/>")
def test_any_bytes_may_stand_for_the_xml(xml: bytes) -> None:
    assert_an_answer(submission(xml_document(xml)))


PIECES = [
    "<value>",
    "</value>",
    "<footnoteId id='F1'/>",
    "<footnoteId/>",
    "<transactionCoding>",
    "</transactionCoding>",
    "<securityTitle>",
    "</securityTitle>",
    "<!-- -->",
    "<![CDATA[",
    "]]>",
    "&",
    "<",
    ">",
    "&#0;",
    "é",
    " id=F1",
    "<DOCUMENT>",
    "</TEXT>",
    "<XML>",
    "</XML>",
    "\x00",
    "<nonDerivativeTransaction>",
    "<?",
    TRANSACTION,
    OWNER_XML,
    FOOTNOTES,
]


@FUZZ
@given(
    st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from(["non_derivative", "footnotes", "rest", "issuer"])
)
def test_any_pieces_may_stand_anywhere(pieces: list[str], where: str) -> None:
    assert_an_answer(filing(ownership_xml(**{where: "".join(pieces)})))


@FUZZ
@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=60))
def test_any_text_a_filer_writes_comes_back_or_is_refused(text: str) -> None:
    """Escaped as it should be, with only what XML forbids left in: the text comes back, pictures for controls."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "&#13;")
    result = read(filing(with_note(f"[{escaped}]")))
    if isinstance(result, QuarantinedFiling):
        assert re.search("[\0\u2400-\u241f\ufffe\uffff]", text), result.reason
    else:
        expected = "".join(chr(0x2400 + ord(c)) if c < " " and c not in "\t\n\r" else c for c in text)
        assert only(named(result, "footnotes"))["footnote_txt"] == f"[{expected}]"
