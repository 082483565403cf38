"""Frozen tiers: sealed once as published, brought back by a rebuild, and every later difference with its reason."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ops import steps
from tests.dbt.raw_histories import random_filings, raw_rows
from warehouse.__main__ import cli
from warehouse.database import read_connection, write_connection
from warehouse.errors import LoadError, PublishError
from warehouse.frozen import due_quarter, freeze_tiers, load_frozen, why_not
from warehouse.generations import read_manifest
from warehouse.publish import publish
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt.project_models import ProjectModels
    from tests.dbt.raw_histories import Filing

QUARTER, QUARTER_END = "2022q1", date(2022, 3, 31)
# A Monday, the seventh filing day after the quarter end.
PUBLISHED_ON = date(2022, 4, 11)


def world() -> list[Filing]:
    return random_filings(11, count=220, days=520, withdrawn_share=0.0)


def in_window(filing: Filing) -> bool:
    """Whether the filing was filed in the window of the quarter end and moves dollars there."""
    return QUARTER_END - timedelta(days=60) < filing.filed <= QUARTER_END and any(
        line.code in "PS" and line.note is None and line.price for line in filing.lines
    )


def alone(filings: list[Filing]) -> list[Filing]:
    """Originals in the window, of issuers with a sector, that no other report repeats or amends."""
    return [
        filing
        for filing in filings
        if in_window(filing)
        and not filing.amends
        and filing.issuer < 4
        and sum(other.lines[0].traded == filing.lines[0].traded for other in filings) == 1
    ]


def held_back(filings: list[Filing]) -> Filing:
    """The filing that was made in time and reaches us after the quarter was frozen."""
    return alone(filings)[-1]


def ask(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with read_connection(settings.warehouse_path) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def frozen(project_models: ProjectModels, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A quarter frozen from what was published eleven days after its end, without one filing that came later."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("frozen"))
    filings = [filing for filing in world() if filing != held_back(world())]
    project_models.build(settings, raw_rows(filings, known_on=PUBLISHED_ON))
    publish(settings)
    assert due_quarter(settings) == QUARTER
    steps.freeze_due_tiers(settings)
    # Sealing needs no warehouse; the next build loads what is sealed.
    assert [result.row_count > 440 for result in steps.load_frozen(settings)] == [True]
    return settings


def test_what_is_frozen_is_what_was_published_and_by_what(frozen: Settings) -> None:
    manifest = read_manifest(frozen.published_dir)
    assert manifest is not None
    with read_connection(frozen.published_path) as connection:
        published = connection.execute(
            "select sector, window_days, insider_group, measure, value, percentile, tier, suggested_weight "
            f"from fct_sector_tiers_quarterly where quarter_end = '{QUARTER_END}' order by all"
        ).fetchall()
    columns = "sector, window_days, insider_group, measure, value, percentile, tier, suggested_weight"
    assert len(published) == 11 * 2 * 4 * 5
    assert ask(frozen, f"select {columns} from raw.frozen_tiers order by all") == published
    assert ask(
        frozen, "select distinct generation, code_version, content_hash, knowledge_date from raw.frozen_tiers"
    ) == [(manifest["generation"], manifest["code_version"], manifest["content_hash"], PUBLISHED_ON)]
    counted = ask(
        frozen,
        "select sector, count(*) from raw.frozen_lines where is_counted and is_officer_or_director "
        f"and transaction_date > date '{QUARTER_END}' - 90 and sector <> 'Unmapped' group by all order by all",
    )
    assert counted == ask(
        frozen,
        "select sector, buy_line_count + sell_line_count from marts.fct_sector_ratios_daily "
        f"where as_of_date = '{QUARTER_END}' and window_days = 90 and insider_group = 'officers_directors' "
        "and sector not in ('All', 'Unmapped') and buy_line_count + sell_line_count > 0 order by all",
    )


def test_freezing_again_changes_no_byte(frozen: Settings) -> None:
    def bytes_of() -> dict[str, str]:
        return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

    folder = frozen.landing_dir / "frozen" / QUARTER
    before, rows = bytes_of(), ask(frozen, "select count(*), max(_loaded_at) from raw.frozen_tiers")
    again = freeze_tiers(QUARTER, frozen, now=datetime(2030, 1, 1, tzinfo=UTC))
    assert again.frozen_at.year < 2030
    assert bytes_of() == before
    assert {path.stat().st_mode & 0o222 for path in folder.iterdir()} == {0}
    assert ask(frozen, "select count(*), max(_loaded_at) from raw.frozen_tiers") == rows
    assert steps.freeze_due_tiers(frozen) is None


@pytest.fixture
def later(frozen: Settings, tmp_path: Path) -> Settings:
    """Another data folder with a copy of what is frozen: a warehouse to be built anew from other raw rows."""
    target = tmp_path / "landing" / "frozen" / QUARTER
    target.mkdir(parents=True)
    for path in (frozen.landing_dir / "frozen" / QUARTER).iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return Settings(data_dir=tmp_path)


def test_a_rebuild_brings_the_frozen_tiers_back_and_restates_none(
    later: Settings, project_models: ProjectModels
) -> None:
    filings = [filing for filing in world() if filing != held_back(world())]
    project_models.build(later, raw_rows(filings, known_on=PUBLISHED_ON))
    assert ask(
        later,
        "select count(*), count(*) filter (is_restated), max(restatement_reason) from marts.fct_tier_restatements",
    ) == [(440, 0, "none")]
    assert ask(later, "select distinct change_code from intermediate.int_frozen_lines_compared order by all") == [
        ("none",),
        ("same",),
    ]


def test_each_difference_has_its_reason(later: Settings, project_models: ProjectModels) -> None:
    """A filing found later and a price judged otherwise restate; what was filed or amended later is hindsight."""
    filings = world()
    found = held_back(filings)
    corrected = next(filing for filing in alone(filings) if filing.issuer != found.issuer)
    filings[corrected.number] = replace(
        corrected, lines=tuple(replace(line, shares=line.shares + 77) for line in corrected.lines)
    )
    project_models.build(later, raw_rows(filings))

    reasons = ask(
        later,
        "select restatement_reason, count(distinct sector), count(*) from marts.fct_tier_restatements group by all "
        "order by all",
    )
    assert {reason for reason, _, _ in reasons} == {"none", "filings found later", "new code or corrections"}
    assert {sectors for reason, sectors, _ in reasons if reason != "none"} == {1}
    hindsight = {
        reason for (reason,) in ask(later, "select distinct hindsight_reason from marts.fct_tier_restatements")
    }
    assert {"none", "late filings"} <= hindsight
    # Hindsight by its definition: every trade dated in the window that stands today.
    compared = ask(
        later,
        f"""
        with lines as (
            select sector, window_days, case direction when 'buy' then value_usd end as bought,
                case direction when 'sell' then value_usd end as sold
            from intermediate.int_signal_lines, (select unnest([30, 90]) as window_days)
            where is_officer_or_director and known_to is null
              and transaction_date > date '{QUARTER_END}' - window_days and transaction_date <= date '{QUARTER_END}'
        ),
        ratios as (
            select sector, window_days, (coalesce(sum(bought), 0) - coalesce(sum(sold), 0))::double
                / nullif((coalesce(sum(bought), 0) + coalesce(sum(sold), 0))::double, 0) as npr_usd
            from lines group by all
        )
        select count(*), count(*) filter (abs(ratios.npr_usd - restated.hindsight_value) > 1e-12)
        from marts.fct_tier_restatements as restated
        inner join ratios using (sector, window_days)
        where measure = 'npr_usd' and insider_group = 'officers_directors' and ratios.npr_usd is not null
        """,
    )
    assert compared[0][0] > 3
    assert compared[0][1] == 0


def test_a_frozen_quarter_is_never_replaced(later: Settings) -> None:
    with write_connection(later) as connection:
        assert load_frozen(connection, QUARTER, later).row_count > 440
        assert load_frozen(connection, QUARTER, later).is_skipped
        note = later.landing_dir / "frozen" / QUARTER / "frozen.json"
        note.write_text(json.dumps(json.loads(note.read_text()) | {"code_version": "another"}))
        with pytest.raises(LoadError, match="frozen and never change"):
            load_frozen(connection, QUARTER, later)
        assert connection.execute("select count(*) from raw.frozen_tiers").fetchone() == (440,)
        (note.parent / "frozen_tiers.parquet").write_bytes(b"others")
        with pytest.raises(LoadError, match="not the file that was sealed"):
            load_frozen(connection, QUARTER, later)


def test_only_the_news_is_frozen(frozen: Settings, project_models: ProjectModels, tmp_path: Path) -> None:
    patient = replace(frozen, freeze_after_business_days=8)
    assert str(why_not(QUARTER, patient)).startswith("7 filing days after 2022-03-31 are loaded, 8 are waited for")
    assert str(why_not("2021q4", frozen)).startswith("the quarter after it is over")
    assert "quarterly road" in str(why_not("2020q4", frozen))
    assert "has no tiers of 2022-06-30" in str(why_not("2022q2", frozen))
    with pytest.raises(PublishError, match="no quarter"):
        why_not("2022", frozen)
    with pytest.raises(PublishError, match="Nothing whole is published"):
        why_not(QUARTER, Settings(data_dir=tmp_path / "empty"))
    assert due_quarter(Settings(data_dir=tmp_path / "empty")) is None
    # Real filings have a wall clock: a catch-up that passes the days of a quarter long gone freezes nothing.
    real = Settings(data_dir=tmp_path / "real")
    rows = raw_rows(world(), known_on=PUBLISHED_ON)
    rows["loads"] = [row | {"is_simulated": False} for row in rows["loads"]]
    project_models.build(real, rows)
    publish(real)
    assert "tiers are not frozen after the fact" in str(why_not(QUARTER, real, datetime(2024, 5, 1, tzinfo=UTC)))
    assert why_not(QUARTER, real, datetime(2022, 4, 12, tzinfo=UTC)) is None


def test_a_damaged_copy_never_stops_the_build_that_mends_it(
    frozen: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copied = Settings(data_dir=tmp_path)
    shutil.copytree(frozen.published_dir, copied.published_dir, symlinks=True)
    assert due_quarter(copied) == QUARTER
    manifest = copied.published_dir / "manifest.json"
    whole = manifest.read_text()
    manifest.write_text(json.dumps(json.loads(whole) | {"layout": 0}))
    assert steps.freeze_due_tiers(copied) is None
    assert "published anew" in caplog.text
    manifest.write_text(whole)
    assert due_quarter(copied) == QUARTER
    os.truncate(copied.published_path, 4096)
    assert steps.freeze_due_tiers(copied) is None
    assert "the published copy cannot be read" in caplog.text


def test_the_command_freezes_and_says_why_it_does_not(frozen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(frozen.data_dir))
    told = CliRunner().invoke(cli, ["freeze", QUARTER])
    assert told.exit_code == 0
    assert "2022q1: frozen at" in told.output
    refused = CliRunner().invoke(cli, ["freeze", "2021q4"])
    assert isinstance(refused.exception, PublishError)
    assert "restated_tier.md" in str(refused.exception)
