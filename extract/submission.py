"""Split a full submission text file into its SGML header and its documents.

Source: the ``.txt`` named in EDGAR's indexes, in any of the forms EDGAR has used: the ``<SEC-DOCUMENT>`` form with
``KEY: value`` header lines, the dissemination form (``<SUBMISSION>``, one ``<TAG>value`` a line), and either of them
inside a PEM envelope, as served until 2001. Pure: bytes in, values out; nothing is interpreted beyond the split.
"""

from __future__ import annotations

from typing import NamedTuple

from warehouse.errors import SourceDataError

# Far above any ownership submission (the largest exhibits are scanned powers of attorney of a few megabytes).
MAX_SUBMISSION_BYTES = 64 * 1024 * 1024
MAX_DOCUMENTS = 1_000

_HEADER_STARTS = (b"<SEC-HEADER>", b"<IMS-HEADER>", b"<SUBMISSION>")
# Header line -> what it is. Classic names have blanks where the dissemination form has hyphens.
_FILERS = {
    "ISSUER": "issuer",
    "SUBJECT COMPANY": "issuer",
    "SUBJECT-COMPANY": "issuer",
    "REPORTING-OWNER": "owner",
    "REPORTING OWNER": "owner",
    "FILED BY": "owner",
    "FILED-BY": "owner",
}
_ADDRESSES = ("\tBUSINESS ADDRESS:", "\tMAIL ADDRESS:")
_SUBMISSION_FIELDS = {
    "ACCESSION NUMBER": "accession_number",
    "ACCESSION-NUMBER": "accession_number",
    "CONFORMED SUBMISSION TYPE": "form_type",
    "TYPE": "form_type",
    "FILED AS OF DATE": "filed_date",
    "FILING-DATE": "filed_date",
    "CONFORMED PERIOD OF REPORT": "period",
    "PERIOD": "period",
    "PUBLIC DOCUMENT COUNT": "document_count",
    "PUBLIC-DOCUMENT-COUNT": "document_count",
    "ACCEPTANCE-DATETIME": "acceptance_datetime",
}
_FILER_FIELDS = {
    "COMPANY CONFORMED NAME": "name",
    "CONFORMED-NAME": "name",
    "CENTRAL INDEX KEY": "cik",
    "CIK": "cik",
    "STANDARD INDUSTRIAL CLASSIFICATION": "sic",
    "ASSIGNED-SIC": "sic",
    "SEC FILE NUMBER": "file_number",
    "FILE-NUMBER": "file_number",
    "FORMER CONFORMED NAME": "former",
    "FORMER-CONFORMED-NAME": "former",
    "DATE OF NAME CHANGE": "changed",
    "DATE-CHANGED": "changed",
}


class FormerName(NamedTuple):
    """A name a filer no longer uses.

    Attributes:
        name: The former conformed name.
        changed: Day of the change, ``YYYYMMDD``; empty where the header does not say.
    """

    name: str
    changed: str


class Filer(NamedTuple):
    """One company or person of the header.

    Attributes:
        role: ``issuer`` or ``owner``.
        cik: Central index key as written (10 digits in practice); empty where the header does not say.
        name: Conformed name.
        sic: The four digits the SEC had assigned on that day; ``None`` when absent or empty (``[]``).
        file_number: SEC file number; ``None`` when absent.
        former_names: Former names, in header order.
    """

    role: str
    cik: str
    name: str
    sic: str | None
    file_number: str | None
    former_names: tuple[FormerName, ...]


class Document(NamedTuple):
    """One ``<DOCUMENT>`` of a submission.

    Attributes:
        type: Document type as written (``4``, ``EX-24.1``, ...).
        sequence: Sequence number as written.
        filename: File name as written.
        description: Description as written.
        body: The bytes between ``<TEXT>`` and ``</TEXT>``, or to the end of the document where that is missing.
    """

    type: str
    sequence: str
    filename: str
    description: str
    body: bytes

    @property
    def xml(self) -> bytes | None:
        """The bytes between ``<XML>`` and ``</XML>`` without surrounding white space; ``None`` without ``<XML>``."""
        start = self.body.find(b"<XML>")
        if start < 0:
            return None
        end = self.body.rfind(b"</XML>")
        return self.body[start + 5 : end if end > start else len(self.body)].strip()


class Submission(NamedTuple):
    """A submission, split.

    Attributes:
        accession_number: ``0001104659-25-066775``.
        form_type: Conformed submission type (``4/A``); empty where the header does not say.
        filed_date: Filing date, ``YYYYMMDD``; empty where the header does not say.
        period: Conformed period of report, ``YYYYMMDD``; empty where the header does not say.
        document_count: Public document count as written.
        acceptance_datetime: ``YYYYMMDDHHMMSS``, New York time; ``None`` where the header does not say.
        filers: Issuers and owners in header order.
        documents: Documents in file order.
    """

    accession_number: str
    form_type: str
    filed_date: str
    period: str
    document_count: str
    acceptance_datetime: str | None
    filers: tuple[Filer, ...]
    documents: tuple[Document, ...]

    @property
    def issuer(self) -> Filer | None:
        """The first issuer of the header."""
        for filer in self.filers:
            if filer.role == "issuer":
                return filer
        return None

    @property
    def owners(self) -> tuple[Filer, ...]:
        """The reporting owners, in header order."""
        return tuple(filer for filer in self.filers if filer.role == "owner")

    def filer_with(self, cik: str, *, role: str) -> Filer | None:
        """The first filer of a role with that CIK, however many leading zeros either writes."""
        number = cik.lstrip("0")
        for filer in self.filers:
            if filer.role == role and filer.cik.lstrip("0") == number:
                return filer
        return None


def split_submission(content: bytes) -> Submission:
    """Split a full submission text file.

    Args:
        content: The file, as served.

    Raises:
        SourceDataError: The bytes have no submission header with an accession number (an error page, an empty or
            cut-off body), or are larger than any submission.
    """
    if len(content) > MAX_SUBMISSION_BYTES:
        raise SourceDataError(f"submission of {len(content)} bytes: at most {MAX_SUBMISSION_BYTES} are read")
    first_document = content.find(b"<DOCUMENT>")
    header_end = first_document if first_document >= 0 else len(content)
    start = -1
    for mark in _HEADER_STARTS:
        start = content.find(mark, 0, header_end)
        if start >= 0:
            break
    if start < 0:
        raise SourceDataError("no submission header: the bytes hold neither <SEC-HEADER> nor <SUBMISSION>")
    values, filers = _header(decode(content[start:header_end]))
    accession_number = values.get("accession_number")
    if not accession_number:
        raise SourceDataError("the submission header has no accession number")
    return Submission(
        accession_number=accession_number,
        form_type=values.get("form_type", ""),
        filed_date=values.get("filed_date", ""),
        period=values.get("period", ""),
        document_count=values.get("document_count", ""),
        acceptance_datetime=values.get("acceptance_datetime"),
        filers=filers,
        documents=_documents(content, first_document),
    )


def decode(content: bytes) -> str:
    """Decode bytes of unknown make without loss: UTF-8 where they are, else Windows-1252, else Latin-1."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _header(text: str) -> tuple[dict[str, str], tuple[Filer, ...]]:
    """The submission's own lines, and one filer for each section of the header that is one."""
    values: dict[str, str] = {}
    filers: list[tuple[str, list[tuple[str, str]]]] = []
    lines: list[tuple[str, str]] = []
    fields = _SUBMISSION_FIELDS
    for block in text.split("\n\n"):
        # Blank lines part a header into blocks; a third of its lines are addresses (two tabs each) nobody asks for.
        if block.startswith(_ADDRESSES) and block.count("\n") == block.count("\n\t\t"):
            continue
        for line in block.splitlines():
            key, colon, value = line.partition(":")
            key = key.strip()
            name = fields.get(key)
            if name is None and key[:1] == "<":
                # A name behind a tag may hold a colon of its own.
                key, _, value = f"{key}{colon}{value}"[1:].partition(">")
                name = fields.get(key)
            if name is not None:
                if not filers:
                    values.setdefault(name, value.strip())
                elif value := value.strip():
                    lines.append((name, value))
            elif key in _FILERS and not value.strip():
                lines = []
                filers.append((_FILERS[key], lines))
                fields = _FILER_FIELDS
    return values, tuple([_filer(role, lines) for role, lines in filers])


def _filer(role: str, lines: list[tuple[str, str]]) -> Filer:
    values: dict[str, str] = {}
    former: list[FormerName] = []
    for name, value in lines:
        if name == "former":
            former.append(FormerName(value, ""))
        elif name == "changed":
            if former and not former[-1].changed:
                former[-1] = FormerName(former[-1].name, value)
        else:
            values.setdefault(name, value)
    get = values.get
    return Filer(role, get("cik", ""), get("name", ""), _sic(get("sic", "")), get("file_number"), tuple(former))


def _sic(text: str) -> str | None:
    """Four digits from ``STATE COMMERCIAL BANKS [6022]`` or ``6022``; ``None`` from ``[]``."""
    digits = text[text.rfind("[") + 1 :].rstrip("] ")
    return digits.zfill(4) if digits.isascii() and digits.isdigit() and len(digits) <= 4 else None


def _documents(content: bytes, start: int) -> tuple[Document, ...]:
    documents: list[Document] = []
    while start >= 0:
        if len(documents) == MAX_DOCUMENTS:
            raise SourceDataError(f"more than {MAX_DOCUMENTS} documents in one submission")
        start += len(b"<DOCUMENT>")
        following = content.find(b"<DOCUMENT>", start)
        # A cut-off document ends where the next one starts, so that the next one is still read.
        limit = following if following >= 0 else len(content)
        end = content.rfind(b"</DOCUMENT>", start, limit)
        documents.append(_document(content, start, end if end >= 0 else limit))
        start = following
    return tuple(documents)


def _document(content: bytes, start: int, end: int) -> Document:
    text = content.find(b"<TEXT>", start, end)
    head_end = text if text >= 0 else end
    body_start = text + len(b"<TEXT>") if text >= 0 else end
    body_end = content.rfind(b"</TEXT>", body_start, end)
    values: dict[str, str] = {}
    # The four lines of a document's head are short; a cut-off document without <TEXT> may not be.
    for line in decode(content[start : min(head_end, start + 4096)]).splitlines():
        if line.startswith("<"):
            key, _, value = line[1:].partition(">")
            values.setdefault(key, value.strip())
    return Document(
        type=values.get("TYPE", ""),
        sequence=values.get("SEQUENCE", ""),
        filename=values.get("FILENAME", ""),
        description=values.get("DESCRIPTION", ""),
        body=content[body_start : body_end if body_end >= 0 else end],
    )
