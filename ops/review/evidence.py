"""Gathers what stands behind one line: the filing's own words, the verdicts, and what the rules looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.review.facets import LINES, facet_columns
from warehouse.sql_text import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Collection

    import duckdb

_RULES_SCHEMA = "intermediate"
_LINE_KEY = "transaction_line_key"
# Keys and links of the models between; the evidence is in their other columns.
_NOT_TOLD = ("insider_key", "form_family", "price_footnote_ids", "trade_footnote_ids", "holding_footnote_ids")


@dataclass(frozen=True)
class Note:
    """One footnote of a filing, or its remarks.

    Attributes:
        footnote_id: ``F1``, ``F2``, …, or ``remarks``.
        text: The filer's words.
        place: ``trade`` or ``holding`` for what it hangs on in this line; ``filing`` for remarks; ``None`` when it
            belongs to other lines of the filing.
        topics: What the rules read in it.
    """

    footnote_id: str
    text: str
    place: str | None
    topics: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """A line with everything a reader needs to judge its flags.

    Attributes:
        line: Its row of the mart, column to value.
        verdicts: Flags that are set, and statuses, reasons and classes that are not null.
        findings: What the models between say of it that the mart does not, by model.
        notes: The filing's footnotes and remarks, this line's first.
    """

    line: dict[str, Any]
    verdicts: dict[str, Any]
    findings: dict[str, dict[str, Any]]
    notes: tuple[Note, ...]


def read_evidence(connection: duckdb.DuckDBPyConnection, keys: Collection[str]) -> dict[str, Evidence]:
    """Everything that stands behind some lines, by ``transaction_line_key``."""
    wanted = f"select unnest([{', '.join(literal(key) for key in sorted(keys))}]::varchar[])"
    lines = {row[_LINE_KEY]: row for row in _rows(connection, f"select * from {LINES} where {_LINE_KEY} in ({wanted})")}
    listed = facet_columns(connection)
    findings = _findings(connection, wanted)
    notes = _notes(connection, wanted)
    return {
        key: Evidence(
            line=line,
            verdicts={name: line[name] for name in listed if line[name] not in (None, False)},
            findings=findings.get(key, {}),
            notes=tuple(notes.get(key, ())),
        )
        for key, line in lines.items()
    }


def _findings(connection: duckdb.DuckDBPyConnection, wanted: str) -> dict[str, dict[str, dict[str, Any]]]:
    in_mart = {name for name, *_ in connection.execute(f"describe {LINES}").fetchall()}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for (table,) in connection.execute(
        """
        select table_name from information_schema.columns
        where table_schema = ? and column_name = ? order by table_name
        """,
        [_RULES_SCHEMA, _LINE_KEY],
    ).fetchall():
        query = f"select * from {_RULES_SCHEMA}.{identifier(table)} where {_LINE_KEY} in ({wanted})"
        for row in _rows(connection, query):
            told = {
                name: value
                for name, value in row.items()
                if name not in in_mart and name not in _NOT_TOLD and value not in (None, False)
            }
            if told:
                found.setdefault(row[_LINE_KEY], {})[table] = told
    return found


def _notes(connection: duckdb.DuckDBPyConnection, wanted: str) -> dict[str, list[Note]]:
    notes: dict[str, list[Note]] = {}
    rows = _rows(
        connection,
        f"""
        with lines as (
            select
                key_of_line, filings.accession_number, filings.road, filings._partition, filings.remarks,
                concat(',', replace(lines.trade_footnote_ids, ' ', ''), ',') as trade_ids,
                concat(',', replace(lines.holding_footnote_ids, ' ', ''), ',') as holding_ids
            from (select {_LINE_KEY} as key_of_line, * from {_RULES_SCHEMA}.int_transaction_lines) as lines
            inner join {_RULES_SCHEMA}.int_filings as filings on lines.accession_number = filings.accession_number
            where key_of_line in ({wanted})
        ),
        words as (
            select
                key_of_line, lines.accession_number, footnotes.footnote_id, footnotes.footnote_text as words,
                case
                    when contains(trade_ids, concat(',', footnotes.footnote_id, ',')) then 'trade'
                    when contains(holding_ids, concat(',', footnotes.footnote_id, ',')) then 'holding'
                end as place
            from lines
            inner join staging.stg_sec__footnotes as footnotes
                on lines.accession_number = footnotes.accession_number
                    and lines.road = footnotes._road
                    and lines._partition = footnotes._partition
            where footnotes.footnote_text is not null
            union all
            select key_of_line, accession_number, 'remarks', remarks, 'filing' from lines where remarks is not null
        )
        select words.key_of_line, words.words, words.place, classified.*, words.footnote_id
        from words
        left join {_RULES_SCHEMA}.int_footnotes_classified as classified
            on words.accession_number = classified.accession_number and words.footnote_id = classified.footnote_id
        order by
            words.key_of_line, words.place is null, words.footnote_id = 'remarks', length(words.footnote_id),
            words.footnote_id
        """,
    )
    for row in rows:
        notes.setdefault(row["key_of_line"], []).append(
            Note(
                footnote_id=row["footnote_id"],
                text=row["words"],
                place=row["place"],
                topics=tuple(name for name, value in row.items() if value is True),
            )
        )
    return notes


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
