"""Names the suites share with the dbt project and the raw schema: a list that drifts would check the wrong thing."""

from __future__ import annotations

import csv
import re

from quality.handbook import SUITES, handbook
from quality.marts_suite import (
    AMOUNTS,
    INSIDER_GROUPS,
    LEDGER_STAGES,
    MARTS,
    NET_PURCHASE_RATIOS,
    RATIOS,
    SECTORS,
    SECTORS_AND_TOTALS,
)
from quality.raw_suite import TRANSACTION_CODES
from tests.conftest import REPOSITORY
from warehouse.raw_schema import FORM345

DBT = REPOSITORY / "dbt_project"


def seed_column(name: str, column: str) -> list[str]:
    with (DBT / "seeds" / name).open(encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]


def model_text(name: str) -> str:
    (path,) = (DBT / "models").rglob(f"{name}.sql")
    return path.read_text(encoding="utf-8")


def test_transaction_codes_are_those_of_the_seed() -> None:
    assert sorted(TRANSACTION_CODES) == sorted(seed_column("transaction_codes.csv", "transaction_code"))


def test_sectors_and_groups_are_those_of_the_seeds() -> None:
    assert list(SECTORS_AND_TOTALS) == seed_column("sectors/sectors.csv", "sector")
    assert len(SECTORS) == 11
    assert list(INSIDER_GROUPS) == seed_column("sectors/insider_groups.csv", "insider_group")


def test_columns_of_the_ratios_are_those_of_the_model() -> None:
    model = model_text("fct_sector_ratios_daily")

    missing = [name for name in (*NET_PURCHASE_RATIOS, *RATIOS, *AMOUNTS) if not re.search(rf"\b{name}\b", model)]

    assert missing == []


def test_every_loss_of_the_ledger_model_is_part_of_a_stage() -> None:
    losses = set(re.findall(r"\blost_\w+_count\b", model_text("fct_filing_day_ledger")))

    assert losses == {name for parts in LEDGER_STAGES.values() for name in parts if name.startswith("lost_")}


def test_required_marts_are_models() -> None:
    models = {path.stem for path in (DBT / "models" / "marts").rglob("*.sql")}

    assert {mart.name for mart in MARTS if mart.is_required} <= models


def test_every_raw_table_has_its_key_checked() -> None:
    from quality.raw_frames import ROW_KEYS

    assert set(ROW_KEYS) == set(FORM345) - {"submission"}
    assert all(key is None or key in FORM345[table].source_columns for table, key in ROW_KEYS.items())


def test_the_handbook_is_what_the_suites_say() -> None:
    written = (REPOSITORY / "docs" / "quality.md").read_text(encoding="utf-8")

    assert written == handbook(), "run python -m quality docs"


def test_every_expectation_is_in_the_handbook_with_a_reason() -> None:
    text = handbook()

    for suite in SUITES:
        for frame in suite.frames:
            for expect in frame.expectations:
                assert f"| `{expect.name}` | {expect.severity} |" in text
                assert len(expect.reason.split()) > 3, expect.name
                assert expect.reason.endswith("."), expect.name


def test_the_runbook_names_only_expectations_that_exist() -> None:
    runbook = (REPOSITORY / "docs" / "runbooks" / "gate_failed.md").read_text(encoding="utf-8")
    known = {expect.name for suite in SUITES for frame in suite.frames for expect in frame.expectations}

    cells = re.findall(r"^\| (`[^|]+) \|", runbook, flags=re.MULTILINE)
    assert len(cells) > 10
    for cell in cells:
        # After a comma stands the value that failed, not another expectation.
        for pattern in re.findall(r"`([a-z_*]+)`", cell.split(", fate")[0]):
            expression = re.compile(pattern.replace("*", ".*"))
            assert any(expression.fullmatch(name) for name in known), f"{pattern} in the runbook matches nothing"
