"""Makes the folder of one quarter's report: everything of it appears by one rename, or nothing does.

reports/2025q4/tier_report.html   one self-contained page, for the screen and for print
reports/2025q4/tier_report.pdf    the same on paper
reports/2025q4/*.csv, tables.xlsx every table with all its digits, and what the columns mean
reports/2025q4/report.json        of which publication, by which code, and the hash of each file
reports/earlier/2025q4-<generation>/   what stood there before another publication was reported on
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.charts import figure
from reports.page import render_page
from reports.published import open_published
from reports.tier_report import words
from reports.tier_report.content import read_content
from reports.tier_report.document import build_document
from reports.tier_report.figures import Figure
from reports.tier_report.paper import render_pdf, render_pictures
from reports.tier_report.tables import write_tables
from warehouse.code_version import current_code_version
from warehouse.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

    from reports.tier_report.content import Content
    from reports.tier_report.document import Document
    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

HTML, PDF, NOTE = "tier_report.html", "tier_report.pdf", "report.json"
_UNFINISHED = ".unfinished"
EARLIER = "earlier"


@dataclass(frozen=True)
class Report:
    """A finished report.

    Attributes:
        quarter: For example ``2025q4``.
        folder: Where its files are.
        title: Its title.
        summary: What it says in a sentence or two, without marks.
        is_simulated: Whether the filings were invented.
        is_new: Whether this call made it; otherwise the very same was there already.
    """

    quarter: str
    folder: Path
    title: str
    summary: str
    is_simulated: bool
    is_new: bool


def write_tier_report(settings: Settings, quarter: str | None = None) -> Report:
    """Make one quarter's report from the published copy; what is there already of the same publication stays.

    Args:
        settings: Where the published copy is and where reports go.
        quarter: For example ``2025q4``; the newest with tiers when ``None``.

    Raises:
        ReportError: Nothing is published, the quarter has no tiers, or the folder could not be written; what was
            there before is untouched.
    """
    content = _content(settings, quarter)
    document = build_document(content)
    folder = settings.reports_dir / content.quarter
    note = {
        "quarter": content.quarter,
        "title": document.title,
        "summary": words.lead(content).replace("**", ""),
        "is_simulated": content.publication.is_simulated,
        "as_of_date": str(content.publication.as_of_date),
        "published_at": content.publication.published_at.isoformat(),
        "generation": content.publication.generation,
        "content_hash": content.publication.content_hash,
        "published_by": content.publication.code_version,
        "reported_by": current_code_version(),
    }
    is_new = not _is_there(folder, note)
    if is_new:
        try:
            _write(folder, content, document, note)
        except OSError as error:
            raise ReportError(
                f"{folder} could not be written ({error.strerror}). What was there before is untouched; make room or "
                "set permissions, then run it again."
            ) from error
        logger.info("%s: report of %s written", folder, content.quarter)
    return Report(
        content.quarter, folder, document.title, str(note["summary"]), content.publication.is_simulated, is_new
    )


def first_page(settings: Settings, quarter: str | None = None) -> bytes:
    """The first page of a report as a PNG.

    Raises:
        ReportError: As for `write_tier_report`.
    """
    content = _content(settings, quarter)
    return render_pictures(build_document(content), content.publication)[0]


def render_html(document: Document, content: Content) -> str:
    """The report as one page that needs no other file."""
    drawn = {
        block.name: figure(block.chart, label=block.label, caption=block.caption)
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Figure)
    }
    return render_page(
        "tier_report.html.j2",
        content.publication,
        title=document.title,
        home="../",
        document=document,
        drawn=drawn,
    )


def _content(settings: Settings, quarter: str | None) -> Content:
    with open_published(settings.published_path) as published:
        return read_content(published, quarter, freeze_after=settings.freeze_after_business_days)


def _is_there(folder: Path, note: dict[str, Any]) -> bool:
    """Whether the folder holds this very report, every file as it was written."""
    try:
        found = json.loads((folder / NOTE).read_bytes())
        sealed = found.pop("sha256")
        return bool(found == note) and all(_sha256(folder / name) == sha256 for name, sha256 in sealed.items())
    except (OSError, ValueError, KeyError):
        return False


def _write(folder: Path, content: Content, document: Document, note: dict[str, Any]) -> None:
    unfinished = folder.with_name(f".{folder.name}{_UNFINISHED}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        (unfinished / HTML).write_text(render_html(document, content), encoding="utf-8")
        (unfinished / PDF).write_bytes(render_pdf(document, content.publication))
        write_tables(content, unfinished)
        hashes = {path.name: _sha256(path) for path in sorted(unfinished.iterdir())}
        (unfinished / NOTE).write_text(json.dumps(note | {"sha256": hashes}, indent=1) + "\n", encoding="utf-8")
        _put_aside(folder)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _put_aside(folder: Path) -> None:
    """Keep what stood there: somebody may have been sent it."""
    if not folder.exists():
        return
    try:
        generation = json.loads((folder / NOTE).read_bytes())["generation"]
    except (OSError, ValueError, KeyError):
        generation = "unknown"
    earlier = folder.parent / EARLIER / f"{folder.name}-{generation}"
    shutil.rmtree(earlier, ignore_errors=True)
    earlier.parent.mkdir(exist_ok=True)
    folder.rename(earlier)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
