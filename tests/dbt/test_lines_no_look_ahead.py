"""What is filed, amended, jointly reported or withdrawn later never changes which lines counted on an earlier day."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.dbt.line_models import LineModels

if TYPE_CHECKING:
    import duckdb

    from tests.dbt.project_models import ProjectModels

FIRST = date(2024, 1, 2)
DAYS = 40
NOTES = (
    "Held by the Fund, whose general partner may be deemed to own the shares.",
    "Sold under a Rule 10b5-1 plan.",
    "This amendment is filed to report a sale that was inadvertently omitted.",
)


@pytest.fixture(scope="module")
def line_models(project_models: ProjectModels) -> LineModels:
    """The compiled models, once for all histories."""
    return LineModels(project_models)


def _new_york(day: date, days: int) -> datetime:
    """Half past midnight, New York, so many days later: when the nightly run fetches."""
    return datetime(day.year, day.month, day.day, 5, 30) + timedelta(days=days)  # noqa: DTZ001 - raw holds UTC, naive


def random_filings(seed: int, count: int) -> list[dict[str, Any]]:
    """Filings of three issuers by six people and funds who often trade the same few lots.

    A third are amendments, which restate, correct or add to an earlier filing of the same owner; a fifth repeat
    another owner's filing; a sixth are withdrawn some days later.
    """
    random = Random(seed)  # noqa: S311 - a reproducible history
    filings: list[dict[str, Any]] = []
    for number in range(count):
        filed = FIRST + timedelta(days=random.randrange(DAYS))
        earlier = [one for one in filings if one["filed"] <= filed]
        kind = random.random()
        if earlier and kind < 0.33:
            origin = random.choice(earlier)
            lines = [dict(line) for line in origin["lines"]]
            if random.random() < 0.5:
                lines = [random.choice(lines)]
            line = random.choice(lines)
            change = random.choice(["shares", "price", "after", "code", "day", "nothing"])
            if change == "day":
                line["day"] -= timedelta(days=1)
            elif change == "code":
                line["code"] = "P" if line["code"] == "S" else "S"
            elif change != "nothing":
                line[change] += random.choice([50, 100])
            filing = dict(origin, lines=lines, form="4/A", original=random.choice([origin["filed"], None]))
        elif earlier and kind < 0.53:
            origin = random.choice(earlier)
            filing = dict(origin, owner=random.randrange(6), form="4", original=None)
        else:
            day = filed - timedelta(days=random.randrange(4))
            lines = [
                {
                    "code": random.choice(["P", "S", "S", "M"]),
                    "shares": random.choice([100, 200]),
                    "price": random.choice([10, 10, 11, 990]),
                    "after": random.choice([0, 500, 700]),
                    "day": day,
                }
                for _ in range(random.randrange(1, 4))
            ]
            filing = {"issuer": random.randrange(3), "owner": random.randrange(6), "lines": lines, "form": "4"}
            filing["original"] = None
        filings.append(
            filing
            | {
                "accession": f"{random.randrange(10):010d}-24-{number:06d}",
                "filed": filed,
                "note": random.choice([*NOTES, None, None]),
                "box": random.choice(["0", "1", None]),
                "withdrawn": random.randrange(1, 12) if random.random() < 0.17 else None,
            }
        )
    return filings


def raw_rows(filings: list[dict[str, Any]], as_of: date) -> dict[str, list[dict[str, Any]]]:
    """The raw tables as they stood when the day was over: later filings and later index versions are not there."""
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    known = [filing for filing in filings if filing["filed"] <= as_of]
    for day in sorted({filing["filed"] for filing in known}):
        of_day = [filing for filing in known if filing["filed"] == day]
        leaves = sorted({filing["withdrawn"] for filing in of_day if filing["withdrawn"]})
        origin = {"_partition": day.isoformat()}
        for version, age in enumerate([0, *(age for age in leaves if day + timedelta(days=age) <= as_of)], start=1):
            fetched = _new_york(day, age)
            tables["filing_index_files"].append(
                origin | {"_index_version": version, "status": "published", "fetched_at": fetched}
            )
            for filing in of_day:
                if filing["withdrawn"] is None or filing["withdrawn"] > age:
                    cik = f"{100 + filing['issuer']}"
                    tables["filing_index"].append(
                        origin
                        | {
                            "_index_version": version,
                            "cik": cik,
                            "form_type": filing["form"],
                            "date_filed": day.strftime("%Y%m%d"),
                            "file_name": f"edgar/data/{cik}/{filing['accession']}.txt",
                            "line_number": 1,
                        }
                    )
        for filing in of_day:
            _add_filing(tables, filing, origin | {"_road": "daily", "accession_number": filing["accession"]})
    return tables


def _add_filing(tables: dict[str, list[dict[str, Any]]], filing: dict[str, Any], origin: dict[str, Any]) -> None:
    tables["submission"].append(
        origin
        | {
            "filing_date": filing["filed"].isoformat(),
            "document_type": filing["form"],
            "issuercik": f"{100 + filing['issuer']}",
            "issuername": f"Issuer {filing['issuer']}",
            "assigned_sic": "1311",
            "aff10b5one": filing["box"],
            "date_of_orig_sub": filing["original"].isoformat() if filing["original"] else None,
            "_loaded_at": datetime(2024, 3, 1, tzinfo=UTC),
        }
    )
    tables["reportingowner"].append(
        origin
        | {
            "rptownercik": f"{900 + filing['owner']}",
            "rptownername": f"Owner{filing['owner']} Fund",
            "rptowner_relationship": "Director" if filing["owner"] % 2 else "TenPercentOwner",
        }
    )
    if filing["note"]:
        tables["footnotes"].append(origin | {"footnote_id": "F1", "footnote_txt": filing["note"]})
    for place, line in enumerate(filing["lines"], start=1):
        tables["nonderiv_trans"].append(
            origin
            | {
                "nonderiv_trans_sk": str(place),
                "security_title": "Common Stock",
                "trans_date": line["day"].isoformat(),
                "trans_code": line["code"],
                "trans_shares": str(line["shares"]),
                "trans_pricepershare": str(line["price"]),
                "trans_acquired_disp_cd": "D" if line["code"] == "S" else "A",
                "shrs_ownd_folwng_trans": str(line["after"]),
                "direct_indirect_ownership": "D",
                "equity_swap_trans_cd_fn": "F1" if filing["note"] else None,
            }
        )


def _lines_counted(connection: duckdb.DuckDBPyConnection, until: date) -> dict[date, set[tuple[Any, ...]]]:
    """For every day up to the given one, the lines that count then, with all that the ratios read."""
    lines = connection.execute("select * from intermediate.int_signal_lines").fetch_df().astype(object)
    columns = [name for name in lines.columns if name not in {"known_from", "known_to"}]
    counted: dict[date, set[tuple[Any, ...]]] = {}
    for number in range((until - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        counts = [
            start.date() <= day and (end is None or end != end or end.date() > day)
            for start, end in zip(lines["known_from"], lines["known_to"], strict=True)
        ]
        counted[day] = {tuple(map(str, row)) for row in lines.loc[counts, columns].itertuples(index=False)}
    return counted


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 100_000), cut=st.integers(8, DAYS - 2))
@example(seed=0, cut=20)
def test_what_comes_later_changes_no_earlier_line(seed: int, cut: int, line_models: LineModels) -> None:
    filings = random_filings(seed, 60)
    day = FIRST + timedelta(days=cut)
    with tempfile.TemporaryDirectory() as folder:
        then = line_models.run(raw_rows(filings, day), Path(folder) / "then")
        now = line_models.run(raw_rows(filings, FIRST + timedelta(days=3 * DAYS)), Path(folder) / "now")
        known_then, known_now = _lines_counted(then, day), _lines_counted(now, day)
        then.close()
        now.close()
    assert sum(map(len, known_then.values())) > 0
    for at, lines in known_then.items():
        assert known_now[at] == lines, f"as of {at}, seen on {day}"


def test_the_histories_hold_what_makes_it_hard(line_models: LineModels, tmp_path: Path) -> None:
    """Otherwise the property above would hold for want of cases."""
    found: dict[str, int] = defaultdict(int)
    for seed in range(4):
        filings = random_filings(seed, 60)
        connection = line_models.run(raw_rows(filings, FIRST + timedelta(days=3 * DAYS)), tmp_path / str(seed))
        row = connection.execute(
            """select
                count(*) filter (where is_superseded), count(*) filter (where is_withdrawn),
                count(*) filter (where not is_canonical), count(*) filter (where restored_from is not null),
                count(*) filter (where exclusion_reason is null)
            from intermediate.int_transactions_flagged"""
        ).fetchone()
        connection.close()
        assert row is not None
        for name, number in zip(("superseded", "withdrawn", "joint", "restored", "signal"), row, strict=True):
            found[name] += number
    assert all(found[name] > 3 for name in ("superseded", "withdrawn", "joint", "restored", "signal")), dict(found)
