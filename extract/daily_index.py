"""Reads EDGAR's daily and full index files: bytes in, one line per filer out, nothing dropped.

Every filing is listed once per filer (issuer and each owner), so lines are not filings: the accession number is the
filing's id. Lines are kept as written; those that cannot be read are kept too, apart.
Layouts: https://www.sec.gov/search-filings/edgar-search-assistance/accessing-edgar-data
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date

from warehouse.errors import SourceDataError

# Exact types: a prefix match would catch 424B2, 485BPOS and 497.
OWNERSHIP_FORM_TYPES = frozenset({"3", "3/A", "4", "4/A", "5", "5/A"})

_ACCESSION = re.compile(r"(\d{10}-\d{2}-\d{6})")
_DATE = re.compile(r"\d{8}|\d{4}-\d{2}-\d{2}")
_RULE = re.compile(rb"^-{20,}[ \r]*$", re.MULTILINE)
_GAP = re.compile(r"\s{2,}")


@dataclass(frozen=True)
class IndexLine:
    """One filer's line for one filing, as written.

    Attributes:
        cik: CIK of the filer this line is for, undashed and unpadded.
        company_name: That filer's name.
        form_type: Form type, trimmed.
        date_filed: ``YYYYMMDD`` in daily, ``YYYY-MM-DD`` in full indexes; a day's file may list older dates.
        file_name: Path below ``Archives/``; its folder is the filer's CIK, not the issuer's.
        line_number: 1-based line in the file.
    """

    cik: str
    company_name: str
    form_type: str
    date_filed: str
    file_name: str
    line_number: int

    @property
    def accession_number(self) -> str:
        """Accession number, dashed, from the file name."""
        found = _ACCESSION.search(self.file_name)
        if found is None:
            raise SourceDataError(f"{self.file_name!r} in line {self.line_number} holds no accession number")
        return found.group(1)

    @property
    def filed_date(self) -> date:
        """`date_filed` as a date."""
        return date.fromisoformat(self.date_filed)

    @property
    def is_ownership(self) -> bool:
        """Whether the form is exactly one of 3, 3/A, 4, 4/A, 5, 5/A."""
        return self.form_type in OWNERSHIP_FORM_TYPES


@dataclass(frozen=True)
class UnreadableLine:
    """A line below the header that is no filing line.

    Attributes:
        line_number: 1-based line in the file.
        text: The line without its line end.
    """

    line_number: int
    text: str


@dataclass(frozen=True)
class DailyIndex:
    """An index file.

    Attributes:
        lines: Every filing line, in file order, all form types.
        unreadable: Non-blank lines below the header that could not be read, in file order.
    """

    lines: tuple[IndexLine, ...]
    unreadable: tuple[UnreadableLine, ...]

    @property
    def ownership_lines(self) -> tuple[IndexLine, ...]:
        """Lines of forms 3, 3/A, 4, 4/A, 5 and 5/A."""
        return tuple(line for line in self.lines if line.is_ownership)

    @property
    def ownership_filings(self) -> dict[str, IndexLine]:
        """Accession number to the first line listing it, in file order, ownership forms only."""
        first: dict[str, IndexLine] = {}
        for line in self.ownership_lines:
            first.setdefault(line.accession_number, line)
        return first


def looks_like_index(content: bytes) -> bool:
    """Whether `content` has the line of dashes that ends an index header and is not a web page."""
    return content.lstrip()[:1] != b"<" and _RULE.search(content[:4096]) is not None


def parse_master_index(content: bytes) -> DailyIndex:
    """Read a ``master`` index (pipe-separated), daily or full.

    Args:
        content: The file as served; UTF-8 or Latin-1, line by line.

    Raises:
        SourceDataError: There is no line of dashes, so this is no index.
    """
    lines: list[IndexLine] = []
    unreadable: list[UnreadableLine] = []
    for number, text in _body(content):
        # A name may hold a pipe; the first field and the last three cannot.
        cik, _, rest = text.partition("|")
        line = None
        if rest.count("|") >= 3:
            company, form_type, date_filed, file_name = rest.rsplit("|", 3)
            line = _index_line(cik, company, form_type, date_filed, file_name, number)
        if line is None:
            unreadable.append(UnreadableLine(number, text))
        else:
            lines.append(line)
    return DailyIndex(tuple(lines), tuple(unreadable))


def parse_form_index(content: bytes) -> DailyIndex:
    """Read a ``form`` index (fixed width, sorted by form type), daily or full.

    The header's column positions do not hold (files of 2026 have a form-type column of 17 under a header of 12), so
    rows are read from the right: file name, date, CIK; what is left is form type and company name, parted by the gap
    between them, or, where a long form type leaves no gap, where the other rows' names begin.

    Raises:
        SourceDataError: There is no line of dashes, so this is no index.
    """
    return _parse_fixed_width(content, type_first=True)


def parse_company_index(content: bytes) -> DailyIndex:
    """Read a ``company`` or ``crawler`` index (fixed width, name before form type), daily or full.

    They list what ``master`` lists in another order, and so are a check on it.

    Raises:
        SourceDataError: There is no line of dashes, so this is no index.
    """
    return _parse_fixed_width(content, type_first=False)


def _parse_fixed_width(content: bytes, *, type_first: bool) -> DailyIndex:
    # File name, date and CIK hold no blanks, so they can be taken from the right.
    rows = [(number, text, text.strip().rsplit(None, 3)) for number, text in _body(content)]
    second_column = _usual_second_column([fields[0] for _, _, fields in rows if len(fields) == 4])
    lines: list[IndexLine] = []
    unreadable: list[UnreadableLine] = []
    for number, text, fields in rows:
        line = None
        if len(fields) == 4:
            head, cik, date_filed, file_name = fields
            left, right = _split_head(head, second_column, last_gap=not type_first)
            form_type, company = (left, right) if type_first else (right, left)
            line = _index_line(cik, company, form_type, date_filed, file_name, number)
        if line is None:
            unreadable.append(UnreadableLine(number, text))
        else:
            lines.append(line)
    return DailyIndex(tuple(lines), tuple(unreadable))


def _split_head(head: str, second_column: int, *, last_gap: bool) -> tuple[str, str]:
    gaps = list(_GAP.finditer(head))
    if gaps:
        gap = gaps[-1] if last_gap else gaps[0]
        return head[: gap.start()], head[gap.end() :]
    return head[:second_column].rstrip(), head[second_column:].lstrip()


def _usual_second_column(heads: list[str]) -> int:
    starts = Counter(gap.end() for head in heads if (gap := _GAP.search(head)))
    return starts.most_common(1)[0][0] if starts else 0


def _index_line(
    cik: str, company_name: str, form_type: str, date_filed: str, file_name: str, number: int
) -> IndexLine | None:
    line = IndexLine(
        cik.strip(), company_name.strip(), form_type.strip(), date_filed.strip(), file_name.strip(), number
    )
    if not (line.cik.isdigit() and line.form_type and _ACCESSION.search(line.file_name)):
        return None
    return line if _is_date(line.date_filed) else None


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _body(content: bytes) -> list[tuple[int, str]]:
    """Non-blank lines below the line of dashes, with their 1-based numbers."""
    rule = _RULE.search(content)
    if rule is None:
        raise SourceDataError(
            f"no line of dashes among {len(content)} bytes beginning {content[:60]!r}: this is not an EDGAR index"
        )
    first_number = content.count(b"\n", 0, rule.end()) + 2
    # Split on line feeds only: str.splitlines would also cut at characters that Latin-1 names may hold.
    below = content[rule.end() :].split(b"\n")[1:]
    return [(first_number + offset, _decode(raw)) for offset, raw in enumerate(below) if raw.strip()]


def _decode(raw: bytes) -> str:
    raw = raw.rstrip(b"\r")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
