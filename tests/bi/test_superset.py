"""A real Superset reads the published file: by hand as docs/bi/superset.md says, and with the shipped dashboard.

Installs Superset into an environment of its own (minutes, 0.9 GB): ``RUN_SUPERSET=1``.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from ops.superset import bundle
from tests.bi.published_by_hand import publish_by_hand
from tests.bi.superset import Superset, install, query_of
from warehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif(os.environ.get("RUN_SUPERSET") != "1", reason="installs Apache Superset: RUN_SUPERSET=1"),
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data_dir=tmp_path_factory.mktemp("superset_reads") / "data")
    publish_by_hand(settings, 1)
    return settings


@pytest.fixture(scope="module")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    folder = tmp_path_factory.mktemp("superset")
    with Superset(install(folder / "venv"), folder / "home") as running:
        yield running


def test_the_shipped_dashboard_is_imported_and_every_chart_has_rows(superset: Superset, settings: Settings) -> None:
    superset.import_dashboard(bundle(settings.published_path))
    dashboards = superset.get("dashboard/")["result"]
    (dashboard,) = (row for row in dashboards if row["dashboard_title"] == "Insider tiers")
    charts = superset.get(f"dashboard/{dashboard['id']}/charts")["result"]
    assert len(charts) == 6
    answers = {chart["slice_name"]: rows_of(superset, chart) for chart in charts}
    assert [name for name, rows in answers.items() if not rows] == []
    assert [row["is_simulated"] for row in answers["What this file is"]] == [True]
    assert {row["tier"] for row in answers["Latest tiers"]} == {"Overweight", "Neutral", "Underweight"}
    # Importing again replaces; nothing is there twice.
    superset.import_dashboard(bundle(settings.published_path))
    assert len(superset.get(f"dashboard/{dashboard['id']}/charts")["result"]) == len(charts)


def rows_of(superset: Superset, chart: dict[str, Any]) -> list[dict[str, Any]]:
    params = chart["form_data"]
    return superset.chart_data(int(str(params["datasource"]).split("__")[0]), query_of(params))


def test_a_database_a_dataset_and_a_chart_added_by_hand(superset: Superset, settings: Settings) -> None:
    database = superset.post(
        "database/",
        {
            "database_name": "by hand",
            "sqlalchemy_uri": f"duckdb:///{settings.published_path}",
            "extra": json.dumps({"engine_params": {"connect_args": {"read_only": True}}}),
        },
    )["id"]
    dataset = superset.post("dataset/", {"database": database, "schema": "main", "table_name": "dim_sectors"})["id"]
    investable = {"clause": "WHERE", "expressionType": "SIMPLE", "subject": "is_investable", "operator": "=="}
    params = {
        "viz_type": "table",
        "query_mode": "aggregate",
        "groupby": ["sector"],
        "metrics": ["count"],
        "adhoc_filters": [investable | {"comparator": True}],
    }
    chart = {"slice_name": "Sectors", "viz_type": "table", "datasource_id": dataset, "datasource_type": "table"}
    assert superset.post("chart/", {**chart, "params": json.dumps(params)})["id"]
    rows = superset.chart_data(dataset, query_of(params))
    assert len(rows) == 11
    assert {row["count"] for row in rows} == {1}


def test_superset_survives_a_publish_and_shows_it(superset: Superset, settings: Settings) -> None:
    found = superset.get("dataset/", q=json.dumps({"page_size": 100}))["result"]
    (dataset,) = (row["id"] for row in found if row["table_name"] == "fct_sector_ratios_daily")
    newest = {"expressionType": "SQL", "sqlExpression": "max(as_of_date)", "label": "newest"}
    days = []
    for generation in (1, 3, 5):
        publish_by_hand(settings, generation)
        (row,) = superset.chart_data(dataset, {"columns": [], "metrics": [newest]})
        days.append(row["newest"])
    assert days == sorted(set(days))
