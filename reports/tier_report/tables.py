"""Writes every table of a report as CSV and all of them as one workbook, with the meaning of each column."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import xlsxwriter

from reports.published import SIMULATED, long_date

if TYPE_CHECKING:
    from pathlib import Path

    from reports.published import Column
    from reports.tier_report.content import Content, Table

READ_ME = "Read me"
WORKBOOK = "tables.xlsx"

# Endings of column names to the number format they are read in; the names keep to the project's rules for them.
_FORMATS = (
    (("_usd",), "#,##0"),
    (("_share_count",), "#,##0"),
    (("percentile", "_share", "weight", "_return", "_rate", "_pa", "_change", "drawdown", "_holding"), "0.0%"),
    (("value", "average", "_issuer", "contribution", "_value", "ic", "_low", "_high", "_t", "slope"), "0.000"),
    (("_count", "_months", "_rank", "_days"), "#,##0"),
)
_WIDEST = 48
# What a cell of a workbook can hold; more would be left out without a word.
_LONGEST_TEXT = 32_767
_CUT = " … (cut here; the CSV has all of it)"


def write_tables(content: Content, folder: Path) -> list[Path]:
    """Write ``<name>.csv`` for every table, and ``tables.xlsx`` with a sheet for each.

    A table without rows is written, too: with its header, so that a reader can tell nothing from not there.

    Returns:
        The files.
    """
    written = []
    for name, table in content.tables.items():
        path = folder / f"{name}.csv"
        _write_csv(table, path)
        written.append(path)
    path = folder / WORKBOOK
    _write_workbook(content, path)
    return [*written, path]


def _write_csv(table: Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in table.columns])
        writer.writerows([_text(row[column.name]) for column in table.columns] for row in table.rows)


def _text(value: Any) -> str:
    """A value as DuckDB's own CSV would have it: nothing for null, every digit of a number."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def _write_workbook(content: Content, path: Path) -> None:
    with xlsxwriter.Workbook(str(path)) as workbook:
        workbook.set_properties(
            {
                "title": f"Sector tiers {content.quarter}",
                "comments": SIMULATED if content.publication.is_simulated else "",
                # The same data give the same bytes.
                "created": content.publication.published_at.replace(tzinfo=None),
            }
        )
        _write_read_me(content, workbook)
        for name, table in content.tables.items():
            _write_sheet(table, workbook, name)


def _write_read_me(content: Content, workbook: xlsxwriter.Workbook) -> None:
    publication = content.publication
    sheet = workbook.add_worksheet(READ_ME)
    title, bold = workbook.add_format({"bold": True, "font_size": 14}), workbook.add_format({"bold": True})
    warning = workbook.add_format({"bold": True, "font_color": "#b45309"})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet.write_string(0, 0, f"Sector tiers, {content.quarter}", title)
    facts = [
        ("Quarter end", long_date(content.quarter_end)),
        ("Filings known up to", long_date(publication.as_of_date) if publication.as_of_date else "none"),
        ("Published", f"{publication.published_at:%Y-%m-%d %H:%M} UTC, generation {publication.generation}"),
        ("Hash of the published tables", publication.content_hash),
        ("Version of the code", publication.code_version),
        ("Definitions", "docs/method.md; numbers are as known at the quarter end"),
    ]
    line = 1
    if publication.is_simulated:
        sheet.write_string(line, 0, SIMULATED, warning)
        line += 1
    for label, value in facts:
        sheet.write_string(line, 0, label, bold)
        sheet.write_string(line, 1, value)
        line += 1
    line += 1
    for column, heading in enumerate(("Sheet", "Column", "Meaning")):
        sheet.write_string(line, column, heading, bold)
    sheet.freeze_panes(line + 1, 0)
    for name, table in content.tables.items():
        line += 1
        state = "" if table.is_published else " This published file does not hold it."
        sheet.write_string(line, 0, name, bold)
        sheet.write_string(line, 2, f"{table.subject.title}, from {table.subject.mart}.{state}", wrapped)
        for described in table.columns:
            line += 1
            sheet.write_string(line, 0, name)
            sheet.write_string(line, 1, described.name)
            sheet.write_string(line, 2, described.description, wrapped)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 2, 100)


def _write_sheet(table: Table, workbook: xlsxwriter.Workbook, name: str) -> None:
    sheet = workbook.add_worksheet(name)
    heading = workbook.add_format({"bold": True, "bottom": 1})
    if not table.columns:
        sheet.write_string(0, 0, "This published file does not hold this table.")
        return
    for position, column in enumerate(table.columns):
        form = workbook.add_format({"num_format": _format_of(column)})
        sheet.write_string(0, position, column.name, heading)
        longest = len(column.name)
        for line, row in enumerate(table.rows, start=1):
            value = row[column.name]
            _write_cell(sheet, line, position, value, form)
            longest = max(longest, 10 if isinstance(value, (float, Decimal, date)) else len(str(value)))
        sheet.set_column(position, position, min(longest + 2, _WIDEST))
    sheet.freeze_panes(1, 0)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _write_cell(sheet: Any, line: int, position: int, value: Any, form: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, position, value)
    elif isinstance(value, (int, float, Decimal)):
        sheet.write_number(line, position, float(value), form)
    elif isinstance(value, datetime):
        sheet.write_datetime(line, position, value.replace(tzinfo=None), form)
    elif isinstance(value, date):
        sheet.write_datetime(line, position, datetime(value.year, value.month, value.day), form)  # noqa: DTZ001
    else:
        # Never a formula, and never a link: what a filer typed stays text.
        text = str(value)
        if len(text) > _LONGEST_TEXT:
            text = text[: _LONGEST_TEXT - len(_CUT)] + _CUT
        sheet.write_string(line, position, text)


def _format_of(column: Column) -> str:
    if column.data_type == "DATE":
        return "yyyy-mm-dd"
    if column.data_type.startswith("TIMESTAMP"):
        return "yyyy-mm-dd hh:mm"
    for endings, form in _FORMATS:
        if column.name.endswith(endings):
            return form
    return "General"
