"""Real filing days beside the checkout, served over loopback, through the steps the DAG tasks call.

Every fourth day and those with several filings; ``REAL_DAYS=all`` takes every one (five minutes).
"""

from __future__ import annotations

import csv
import os
import re
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from ops import steps
from simulator.server import serve
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.e2e, pytest.mark.timeout(1800)]

# An individual who carries a SIC code in the submissions JSON (REED HASTINGS).
INDIVIDUAL_WITH_SIC = "0001033331"


@pytest.fixture(scope="module")
def filings(real_data: Path) -> list[dict[str, str]]:
    """What the manifest says of each filing of the days that are loaded."""
    with (real_data / "manifest_filings.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    counts = Counter(row["filed_date"] for row in listed)
    days = sorted(counts)
    if os.environ.get("REAL_DAYS") != "all":
        days = [day for number, day in enumerate(days) if number % 4 == 0 or counts[day] > 1]
    return [row for row in listed if row["filed_date"] in days]


@pytest.fixture(scope="module")
def published(
    real_data: Path, filings: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Load the days as `form4_daily` does, build as `warehouse_build` does, and open what was published."""
    mirror = real_data / "edgar"
    days = sorted({date.fromisoformat(row["filed_date"]) for row in filings})
    assert len(days) > 80
    with serve(mirror) as server:
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("real"),
            sec_www_url=server.url,
            sec_data_url=server.url,
            sec_max_requests_per_second=10,
            # No day but these.
            look_back_days=0,
        )
        for day in days:
            steps.fetch_and_parse(day, settings)
    steps.load_and_check([day.isoformat() for day in days], settings)
    steps.dbt_build(settings)
    steps.check_marts(settings)
    steps.publish(settings)
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_every_filing_arrives_and_none_is_quarantined(
    published: duckdb.DuckDBPyConnection, filings: list[dict[str, str]]
) -> None:
    listed = {row["accession"] for row in filings}
    counted = rows(
        published,
        """
        select
            sum(accession_count), sum(parsed_accession_count), sum(filing_count), sum(lost_quarantined_count),
            sum(lost_not_found_count), sum(lost_not_fetched_count), sum(lost_listed_on_other_day_count),
            sum(cast_failure_count)
        from fct_filing_day_ledger
        """,
    )
    assert counted == [(len(listed), len(listed), len(listed), 0, 0, 0, 0, 0)]


def test_the_ledger_adds_up_on_every_real_day(published: duckdb.DuckDBPyConnection) -> None:
    off = rows(
        published,
        """
        select filing_day
        from fct_filing_day_ledger
        where index_line_count - lost_repeated_index_line_count <> accession_count
            or transaction_line_count - lost_derivative_count - lost_not_open_market_count <> open_market_line_count
            or open_market_line_count - lost_superseded_count - lost_withdrawn_count - lost_joint_duplicate_count
                - lost_date_not_valid_count - lost_plan_purchase_count - lost_private_placement_count
                - lost_exercise_linked_count <> signal_line_count
            or signal_line_count - lost_not_officer_or_director_count - lost_price_not_valid_count
                - lost_unmapped_sector_count <> headline_line_count
        """,
    )
    assert off == []


def test_lines_shares_and_dollars_of_each_filing_equal_an_independent_reading(
    published: duckdb.DuckDBPyConnection, filings: list[dict[str, str]], real_data: Path
) -> None:
    expected: dict[tuple[str, str, str], tuple[int, Decimal, Decimal]] = {}
    for filing in filings:
        expected |= independent_totals(filing["accession"], (real_data / filing["path"]).read_bytes())
    found = {
        (accession, table, code): (lines, shares, dollars)
        for accession, table, code, lines, shares, dollars in rows(
            published,
            """
            select
                accession_number, table_code, coalesce(transaction_code, ''), count(*), coalesce(sum(share_count), 0),
                coalesce(sum(round(share_count * cast(price_usd as decimal(18, 4)), 2)), 0)
            from fct_insider_transactions
            group by all
            """,
        )
    }
    assert found.keys() == expected.keys()
    for key, (lines, shares, dollars) in expected.items():
        assert found[key][:2] == (lines, shares), key
        assert abs(found[key][2] - dollars) <= Decimal("0.01") * lines, key


def independent_totals(accession: str, content: bytes) -> dict[tuple[str, str, str], tuple[int, Decimal, Decimal]]:
    """Lines, shares and dollars per table and code of a submission, by expat instead of our parser."""
    document = re.search(rb"<XML>\s*(.*?)\s*</XML>", content, re.DOTALL)
    assert document is not None, accession
    totals: dict[tuple[str, str, str], list[Any]] = defaultdict(lambda: [0, Decimal(0), Decimal(0)])
    root = ET.fromstring(document.group(1))  # noqa: S314 - public filings, kept as they were gathered
    for table, path in (
        ("N", "nonDerivativeTable/nonDerivativeTransaction"),
        ("D", "derivativeTable/derivativeTransaction"),
    ):
        for line in root.iterfind(path):
            shares = Decimal((line.findtext("transactionAmounts/transactionShares/value") or "0").strip() or "0")
            price = Decimal((line.findtext("transactionAmounts/transactionPricePerShare/value") or "0").strip() or "0")
            total = totals[accession, table, (line.findtext("transactionCoding/transactionCode") or "").strip()]
            total[0] += 1
            total[1] += shares
            total[2] += shares * price
    return {key: (total[0], total[1], total[2]) for key, total in totals.items()}


def test_price_ranges_of_footnotes_equal_an_independent_reading(
    published: duckdb.DuckDBPyConnection, filings: list[dict[str, str]], real_data: Path
) -> None:
    expected: dict[tuple[str, int], tuple[Decimal, Decimal]] = {}
    for filing in filings:
        expected |= independent_ranges(filing["accession"], (real_data / filing["path"]).read_bytes())
    found = {
        (accession, line): (low, high)
        for accession, line, low, high in rows(
            published,
            """
            select accession_number, line_number, price_range_low_usd, price_range_high_usd
            from fct_insider_transactions
            where price_range_low_usd is not null and table_code = 'N'
            """,
        )
    }
    assert {place: found.get(place) for place in expected} == expected
    believed = rows(
        published,
        "select count(*) filter (where is_price_outside_own_range), count(*) from fct_insider_transactions "
        "where price_range_low_usd is not null",
    )
    outside, read = believed[0]
    assert read >= len(expected)
    assert outside * 100 <= read, "a price outside its own range is rare; more of them are misread ranges"


def independent_ranges(accession: str, content: bytes) -> dict[tuple[str, int], tuple[Decimal, Decimal]]:
    """Lines with code P or S whose notes on the price hold one "$x to $y" and no other amount."""
    document = re.search(rb"<XML>\s*(.*?)\s*</XML>", content, re.DOTALL)
    assert document is not None, accession
    root = ET.fromstring(document.group(1))  # noqa: S314 - public filings, kept as they were gathered
    notes = {note.get("id"): "".join(note.itertext()) for note in root.iterfind("footnotes/footnote")}
    ranges = {}
    for number, line in enumerate(root.iterfind("nonDerivativeTable/nonDerivativeTransaction"), start=1):
        if (line.findtext("transactionCoding/transactionCode") or "").strip() not in {"P", "S"}:
            continue
        hung = line.iterfind("transactionAmounts/transactionPricePerShare/footnoteId")
        text = " ".join(notes.get(mark.get("id"), "") for mark in hung)
        amounts = re.findall(r"\$([0-9][0-9,.]*[0-9])", text)
        pairs = re.findall(r"\$([0-9][0-9,.]*[0-9]) to \$([0-9][0-9,.]*[0-9])", text)
        if len(pairs) == 1 and len(amounts) == 2:
            low, high = (Decimal(amount.replace(",", "")) for amount in pairs[0])
            ranges[accession, number] = (min(low, high), max(low, high))
    return ranges


def test_owners_of_each_filing_equal_the_manifest(
    published: duckdb.DuckDBPyConnection, filings: list[dict[str, str]]
) -> None:
    expected = {row["accession"]: int(row["n_owners"]) for row in filings}
    found = rows(published, "select accession_number, count(*) from bridge_filing_owners group by all")
    assert dict(found) == expected


def test_an_individual_with_a_sic_code_is_no_issuer(
    published: duckdb.DuckDBPyConnection, filings: list[dict[str, str]]
) -> None:
    issuers = {cik for (cik,) in rows(published, "select issuer_cik from dim_issuers")}
    assert issuers == {row["issuer_cik"] for row in filings}
    assert INDIVIDUAL_WITH_SIC not in issuers


def test_nothing_real_says_that_it_is_simulated(published: duckdb.DuckDBPyConnection) -> None:
    assert rows(published, "select is_simulated from publication") == [(False,)]
