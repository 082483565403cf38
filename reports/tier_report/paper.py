"""Typesets a report as PDF: Typst and its fonts come in one wheel, nothing of the system is used."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from reports.charts import TIER_COLOURS, svg
from reports.published import long_date
from reports.tier_names import TIER_MARKS
from reports.tier_report.figures import Figure

if TYPE_CHECKING:
    from reports.published import Publication
    from reports.tier_report.document import Document

_TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "tier_report.typ"


def render_pdf(document: Document, publication: Publication) -> bytes:
    """The whole report as one PDF; the same data give the same bytes."""
    return bytes(
        _compile(document, publication, format="pdf", timestamp=publication.published_at.replace(microsecond=0))
    )


def render_pictures(document: Document, publication: Publication, *, ppi: float = 90) -> list[bytes]:
    """Every page as a PNG, to be looked at."""
    pages = _compile(document, publication, format="png", ppi=ppi)
    return [pages] if isinstance(pages, bytes) else [bytes(page) for page in pages]


def _compile(document: Document, publication: Publication, **options: Any) -> Any:
    figures = {
        f"figure_{block.name}.svg": svg(block.chart).encode()
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Figure)
    }
    known = f"filings known up to {long_date(publication.as_of_date)}" if publication.as_of_date else "no filings known"
    content = _plain(document) | {
        "marks": TIER_MARKS,
        "colours": TIER_COLOURS["light"],
        "known": known,
    }
    files = {"main.typ": _TEMPLATE.read_bytes(), "document.json": json.dumps(content).encode(), **figures}
    return typst.compile(files, ignore_system_fonts=True, **options)


def _plain(document: Document) -> dict[str, Any]:
    """The document as JSON would have it; charts travel as files of their own."""

    def without_charts(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: value for key, value in pairs if key != "chart"}

    return asdict(document, dict_factory=without_charts)
