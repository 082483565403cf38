"""Writes the review page and its counts."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ops.review.evidence import Evidence, read_evidence
from ops.review.facets import LINES, Facet, facet_columns, other_columns, read_facet
from warehouse.database import read_connection

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from warehouse.settings import Settings


@dataclass(frozen=True)
class Review:
    """What the page shows.

    Attributes:
        is_simulated: Whether any of the filings were invented by the simulator.
        line_count: Lines of the mart.
        open_market_count: Those with code P or S in the non-derivative table.
        filing_count: Filings they come from.
        first_filed: Earliest and
        last_filed: latest filing day, ``None`` when there is no line.
        facets: The flags, statuses and reasons.
        columns_not_listed: The mart's other columns.
        evidence: The examples, by ``transaction_line_key``.
    """

    is_simulated: bool
    line_count: int
    open_market_count: int
    filing_count: int
    first_filed: Any
    last_filed: Any
    facets: tuple[Facet, ...]
    columns_not_listed: tuple[str, ...]
    evidence: dict[str, Evidence]


def read_review(connection: duckdb.DuckDBPyConnection, *, examples: int, where: str = "true") -> Review:
    """Count and draw examples for every flag, status and reason of an open warehouse.

    Args:
        connection: The warehouse.
        examples: How many lines to draw for each value.
        where: Which lines to look at, as a condition in SQL on the line mart.
    """
    counted = connection.execute(
        f"""
        select count(*), count(direction), count(distinct accession_number), min(filed_date), max(filed_date)
        from {LINES} where {where}
        """
    ).fetchall()[0]
    facets = tuple(
        read_facet(connection, column, examples=examples, where=where) for column in facet_columns(connection)
    )
    keys = {key for facet in facets for value in facet.values for key in value.example_keys}
    (is_simulated,) = connection.execute("select coalesce(bool_or(is_simulated), false) from raw.loads").fetchall()[0]
    lines, open_market, filings, first_filed, last_filed = counted
    return Review(
        is_simulated=is_simulated,
        line_count=lines,
        open_market_count=open_market,
        filing_count=filings,
        first_filed=first_filed,
        last_filed=last_filed,
        facets=facets,
        columns_not_listed=tuple(other_columns(connection)),
        evidence=read_evidence(connection, keys),
    )


def write_review(settings: Settings, *, examples: int, where: str = "true") -> Path:
    """Write ``review/index.html`` and ``review/counts.csv`` below ``DATA_DIR`` from the warehouse's marts.

    Returns:
        The page.

    Raises:
        LoadError: There is no warehouse, or a writer has it open.
    """
    with read_connection(settings.warehouse_path) as connection:
        review = read_review(connection, examples=examples, where=where)
    folder = settings.data_dir / "review"
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(render(review), encoding="utf-8")
    with (folder / "counts.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["column", "value", "line_count", "line_share", "open_market_count", "open_market_share"])
        for facet in review.facets:
            for value in facet.values:
                text = "" if value.text is None else value.text
                share = "" if value.open_market_share is None else f"{value.open_market_share:.6f}"
                rows.writerow(
                    [facet.column, text, value.line_count, f"{value.line_share:.6f}", value.open_market_count, share]
                )
    return page


def render(review: Review) -> str:
    """The page as one HTML file without scripts; everything a filer wrote is escaped."""
    environment = Environment(
        loader=PackageLoader("ops.review", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = _share
    environment.filters["amount"] = _amount
    return environment.get_template("page.html.j2").render(review=review)


def _share(fraction: float | None) -> str:
    return "-" if fraction is None else f"{fraction:.2%}"


def _amount(value: Any) -> str:
    """A number with thousands separators and no trailing zeros; a dash for none."""
    if value is None:
        return "-"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
