"""Every named case of the simulator's answer key that speaks of a mart of the core comes out right.

The key names a field of fct_insider_transactions (or ``row_count``, the number of lines), ``quarantine.reason_code``,
``recovery``, or a column of another mart as ``mart[column=value,...].column``. What is expected is a value, ``null``,
``not null``, or ``< `` such a column.
"""

from __future__ import annotations

import re
import shutil
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.dbt.warehouse_of import DBT, read_csv, run_dbt
from tests.dbt_companies import definition

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

pytestmark = pytest.mark.e2e

# Fields no mart answers, each with the place that does. A case is compared here or falls under one of these; there is
# no third way.
ANSWERED_ELSEWHERE = {
    r"world\.": "facts about the made-up economy: tests/simulator/test_answer_key.py asks the source",
    r"prices\[": "the funds' prices are files: tests/simulator/test_answer_key.py reads them",
}
# Marts the key speaks of that are still to be built. One that is built leaves this list, or the test fails.
MARTS_TO_COME: dict[str, str] = {}
IN_A_MART = re.compile(r"^(?P<mart>\w+)\[(?P<where>[^\]]+)\]\.(?P<column>\w+)$")


def as_text(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def agrees(value: Any, expected: str) -> bool:
    text = as_text(value)
    if text == expected or (expected == "not null" and value is not None):
        return True
    try:
        return Decimal(text) == Decimal(expected)
    except InvalidOperation:
        return False


class Answers:
    """Looks up what the warehouse says to one row of the key."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.marts = {
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            ).fetchall()
        }
        self.columns = {
            name
            for (name,) in connection.execute(
                "select column_name from information_schema.columns where table_name = 'fct_insider_transactions'"
            ).fetchall()
        }

    def look_up(self, case: dict[str, str]) -> list[Any]:
        """All distinct values found; an empty list when there is no such row."""
        field, accession = case["field"], case["accession_number"]
        if field == "quarantine.reason_code":
            return self._values(
                "select quarantine_reason_code from staging.stg_sec__quarantined_filings", [], accession
            )
        if field == "recovery":
            return self._values(
                "select recovery_note from staging.stg_sec__submissions", ["_road = 'daily'"], accession
            )
        if match := IN_A_MART.match(field):
            where = " and ".join(
                f"cast({name} as varchar) = '{value}'"
                for name, value in (part.split("=") for part in match["where"].split(","))
            )
            column = "count(*)" if match["column"] == "row_count" else match["column"]
            return self._values(f"select {column} from marts.{match['mart']}", [where], None)  # noqa: S608 - our key
        where_line = [f"table_code = '{case['table_code']}'"] if case["table_code"] else []
        where_line += [f"line_number = {case['line_number']}"] if case["line_number"] else []
        column = "count(*)" if field == "row_count" else f"distinct {field}"
        query = f"select {column} from marts.fct_insider_transactions"  # noqa: S608 - our own key
        return self._values(query, where_line, accession)

    def _values(self, query: str, conditions: list[str], accession: str | None) -> list[Any]:
        if accession is not None:
            conditions = [*conditions, f"accession_number = '{accession}'"]
        return [value for (value,) in self.connection.execute(f"{query} where {' and '.join(conditions)}").fetchall()]


def why_not_compared(case: dict[str, str]) -> str | None:
    """The stated reason why no mart answers this row of the key, or nothing when one must."""
    for pattern, reason in ANSWERED_ELSEWHERE.items():
        if re.match(pattern, case["field"]):
            return reason
    match = IN_A_MART.match(case["field"])
    return MARTS_TO_COME.get(match["mart"]) if match else None


def test_every_field_of_the_key_has_a_mart_or_a_reason(simulated_world: Path, simulated_warehouse: Path) -> None:
    cases = read_csv(simulated_world / "answer_key.csv")
    with duckdb.connect(str(simulated_warehouse), read_only=True) as connection:
        answers = Answers(connection)
    named = {match["mart"] for case in cases if (match := IN_A_MART.match(case["field"])) and match["mart"] != "prices"}
    plain = {
        case["field"]
        for case in cases
        if not IN_A_MART.match(case["field"])
        and not any(re.match(known, case["field"]) for known in ANSWERED_ELSEWHERE)
    }
    assert named - answers.marts == set(MARTS_TO_COME) - answers.marts, "a mart is missing, or it is not in the key"
    assert not set(MARTS_TO_COME) & answers.marts, "built by now: compare its cases"
    assert plain - answers.columns == {"row_count", "quarantine.reason_code", "recovery"}
    left_out = [case for case in cases if why_not_compared(case)]
    assert 0 < len(left_out) < len(cases) / 20


def test_the_whole_answer_key(simulated_world: Path, simulated_warehouse: Path) -> None:
    cases = [case for case in read_csv(simulated_world / "answer_key.csv") if not why_not_compared(case)]
    assert len(cases) > 500
    wrong = []
    with duckdb.connect(str(simulated_warehouse), read_only=True) as connection:
        answers = Answers(connection)
        for case in cases:
            found = answers.look_up(case)
            if case["expected"].startswith("< "):
                (bound,) = answers.look_up(case | {"field": case["expected"].removeprefix("< ")})
                is_right = [value < bound for value in found]
            else:
                is_right = [agrees(value, case["expected"]) for value in found]
            if not (is_right and all(is_right)):
                line = f"{case['accession_number']} {case['table_code']}{case['line_number']}"
                wrong.append(
                    f"{case['case_id']} {line} {case['field']}: expected {case['expected']}, "
                    f"got {[as_text(value) for value in found]} ({case['why']})"
                )
    assert not wrong, f"{len(wrong)} of {len(cases)} answers are wrong:\n" + "\n".join(wrong)


def test_every_trap_the_core_handles_has_a_case(simulated_world: Path) -> None:
    traps = {int(case["trap"]) for case in read_csv(simulated_world / "answer_key.csv")}
    assert set(range(1, 17)) <= traps


def test_the_ledger_covers_every_filing_day_and_loses_nothing(simulated_warehouse: Path) -> None:
    with duckdb.connect(str(simulated_warehouse), read_only=True) as connection:
        row = connection.execute(
            """select
                sum(ledger.transaction_line_count), (select count(*) from marts.fct_insider_transactions),
                sum(ledger.signal_line_count),
                (select count(*) from marts.fct_insider_transactions where is_signal_trade),
                sum(ledger.filing_count), (select count(distinct accession_number) from raw.submission)
            from marts.fct_filing_day_ledger as ledger"""
        ).fetchone()
    assert row is not None
    lines, all_lines, signals, all_signals, filings, all_filings = row
    assert (lines, signals, filings) == (all_lines, all_signals, all_filings)
    assert signals > 1000


def test_the_ledgers_own_tests_fail_when_a_loss_is_hidden(simulated_warehouse: Path, tmp_path: Path) -> None:
    """The tests that dbt holds for the ledger, on a copy in which one joint duplicate of one day has vanished."""
    shutil.copy(simulated_warehouse, tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(
            """update marts.fct_filing_day_ledger set lost_joint_duplicate_count = lost_joint_duplicate_count - 1
            where filing_day = (
                select max(filing_day) from marts.fct_filing_day_ledger where lost_joint_duplicate_count > 0
            )"""
        )
    with pytest.raises(AssertionError, match="open_market_lines_add_up_to_signal_lines is broken by 1 rows") as raised:
        run_dbt(tmp_path, "test", "--select", "fct_filing_day_ledger,test_type:data")
    assert "ERROR=1 " in str(raised.value)


def test_the_company_marts_are_those_of_their_definitions(simulated_warehouse: Path) -> None:
    """Clusters, issuers' quarters and scores worked out anew from the transactions, as a person would."""
    with duckdb.connect(str(simulated_warehouse), read_only=True) as connection:

        def rows(query: str) -> list[dict[str, Any]]:
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        lines = definition.lines_of(connection)
        clusters = rows("select * from marts.fct_cluster_buys")
        quarters = rows("select * from marts.fct_issuer_ratios_quarterly")
        scores = rows("select * from marts.fct_trade_conviction")
        filings = rows(
            "select cik, filed_date, form_type = '8-K' as is_release from staging.stg_sec__issuer_filings "
            "where is_readable and filed_date is not null and (form_type <> '8-K' or is_earnings_release)"
        )
    assert len(clusters) > 20
    assert len(quarters) > 1000
    assert len(scores) > 10_000
    assert {
        (c["issuer_cik"], c["first_trade_date"], c["last_trade_date"], c["known_from"], c["known_to"], c["owner_count"])
        for c in clusters
    } == {
        (c.issuer, c.first, c.last, c.known_from, c.known_to, c.owners)
        for c in definition.clusters_by_definition(lines)
    }
    # The quarters of one issuer in ten, and all of the scores' inputs, keep this to seconds.
    picked = sorted({row["issuer_cik"] for row in quarters})[::10]
    expected = definition.issuer_quarters(
        [line for line in lines if line["issuer_cik"] in picked], sorted({row["quarter_end"] for row in quarters})
    )
    actual = {
        (row["quarter_end"], row["issuer_cik"], row["insider_group"]): row
        for row in quarters
        if row["issuer_cik"] in picked
    }
    assert set(actual) == set(expected)
    for key, totals in expected.items():
        assert actual[key]["sector"] in totals.pop("sectors")
        wrong = {name for name, value in totals.items() if not definition.is_same(actual[key][name], value)}
        assert not wrong, key
    told: dict[str, list[tuple[date, bool]]] = {}
    for row in filings:
        told.setdefault(row["cik"], []).append((row["filed_date"], row["is_release"]))
    seeds = DBT / "seeds" / "companies"
    by_line = definition.Convictions(
        [line for line in lines if line["issuer_cik"] in picked],
        {issuer: definition.releases_of(told.get(issuer, [])) for issuer in picked},
        {row["component"]: float(row["weight"]) for row in read_csv(seeds / "conviction_weights.csv")},
        {(row["component"], row["code"]): float(row["score"]) for row in read_csv(seeds / "conviction_scores.csv")},
    ).by_line()
    of_picked = [row for row in scores if row["issuer_cik"] in picked]
    assert {row["transaction_line_key"] for row in of_picked} == set(by_line)
    assert definition.differences(of_picked, by_line) == []
