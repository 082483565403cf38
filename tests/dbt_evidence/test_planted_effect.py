"""An effect planted into the simulator's prices is found by the whole road, from filings to evidence."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from extract.issuer_records import Checked, mark_checked, store_record
from extract.load import load_issuers
from extract.prices.fetch import fetch_prices
from ops import steps
from reports.charts import svg
from reports.evidence_plots import draw
from reports.published import SIMULATED, Published, open_published
from simulator.build import SIGNALS, build_world
from tests.dbt.warehouse_of import load_mirror
from warehouse.database import read_connection, write_connection
from warehouse.errors import ReportError
from warehouse.publish import publish
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.dbt.project_models import ProjectModels

pytestmark = pytest.mark.e2e

EFFECT = 0.03
LEARNED_AT = datetime(2012, 1, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten years in which insiders know something of the next quarter, and prices follow."""
    root = tmp_path_factory.mktemp("planted") / "world"
    build_world(
        root,
        seed=3,
        start=date(2012, 1, 3),
        through=date(2021, 12, 31),
        daily_from=date(2021, 12, 30),
        issuers=44,
        contrarian=0.0,
        filings_per_issuer=6.0,
        effect=EFFECT,
        with_cases=False,
    )
    return root


@pytest.fixture(scope="module")
def evidence(
    world: Path, project_models: ProjectModels, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The evidence built from what the world filed and from its prices."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("evidence"), price_source="files", price_files_dir=world / "prices"
    )
    shutil.copy(project_models.empty, settings.warehouse_path)
    load_mirror(world, settings)
    with write_connection(settings) as connection:
        for path in sorted((world / "submissions").glob("CIK*.json")):
            cik = path.stem.removeprefix("CIK")
            outcome = store_record(cik, settings, path.read_bytes(), LEARNED_AT)
            url = f"{settings.sec_data_url}/submissions/{path.name}"
            mark_checked(cik, settings, Checked(url, LEARNED_AT, outcome, None, None, is_simulated=True))
        load_issuers(connection, settings)
    fetch_prices(settings)
    steps.load_prices(settings)
    with write_connection(settings) as connection:
        project_models.run(connection, "rpt_signal_evidence", "rpt_tier_backtest", "fct_etf_prices_daily")
    publish(settings)
    with read_connection(settings.warehouse_path) as connection:
        yield connection


def row(evidence: duckdb.DuckDBPyConnection, horizon_months: int) -> dict[str, Any]:
    found = evidence.execute(
        "select * from marts.rpt_signal_evidence where scope = 'pooled' and period = 'all' and window_days = 90 "
        "and measure = 'npr_count' and insider_group = 'all' and horizon_months = ?",
        [horizon_months],
    ).df()
    (only,) = found.to_dict("records")
    return {str(name): value for name, value in only.items()}


def test_the_planted_effect_is_found_and_is_not_last_years_return(evidence: duckdb.DuckDBPyConnection) -> None:
    found = row(evidence, 3)
    assert found["quarter_count"] >= 20
    assert found["verdict"] == "in_favour"
    assert found["verdict_beyond_prior"] == "in_favour"
    assert found["spread_low"] > 0
    # The control knows nothing of it.
    assert found["control_ic_low"] < 0 < found["control_ic_high"]
    assert found["ic_minus_control_low"] > 0


def test_the_interval_covers_what_was_planted(evidence: duckdb.DuckDBPyConnection, world: Path) -> None:
    observations = evidence.execute(
        "select quarter_end, sector, percentile from intermediate.int_evidence_observations where is_usable "
        "and window_days = 90 and measure = 'npr_count' and insider_group = 'all' and horizon_months = 3"
    ).df()
    planted = pd.read_csv(world / SIGNALS, parse_dates=["quarter_end"])
    observations["quarter_end"] = observations["quarter_end"].astype("datetime64[ns]")
    planted["quarter_end"] = planted["quarter_end"].astype("datetime64[ns]")
    both = observations.merge(planted, on=["quarter_end", "sector"])
    assert len(both) == len(observations) > 150
    # What the percentile stood for in these very quarters, without the noise of prices.
    truth = np.polyfit(both["percentile"], both["log_return"], 1)[0]
    assert truth > EFFECT
    found = row(evidence, 3)
    assert found["slope_low"] < truth < found["slope_high"]


def test_pictures_of_simulated_evidence_say_so(evidence: duckdb.DuckDBPyConnection) -> None:
    (path,) = [
        Path(row[0])
        for row in evidence.execute("select path from duckdb_databases() where path is not null").fetchall()
    ]
    with open_published(path.parent / "published" / "insider_tiers.duckdb") as published:
        charts = draw(published, "Energy", (2016, 2019))
        assert len(charts) == 4
        for name, chart in charts.items():
            picture = svg(chart)
            assert picture.startswith("<svg"), name
            assert SIMULATED.split(":")[0].split(",")[0] in picture, name
        with duckdb.connect() as connection:
            connection.execute("create table rpt_signal_evidence (is_headline boolean)")
            without = Published(path, connection, published.publication)
            with pytest.raises(ReportError, match="prices"):
                draw(without, "Energy", (2016, 2019))
