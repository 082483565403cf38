"""``make bench-scale`` on a tiny world: every step runs and every row is measured. No duration is asserted."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ops.bench import cookbook, scale

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SIZE = {
    "start": date(2024, 1, 2),
    "through": date(2025, 1, 8),
    "daily_from": date(2025, 1, 2),
    "issuers": 40,
    "filings_per_issuer": 6.0,
}


def test_every_row_of_the_tables_is_measured(tmp_path: Path) -> None:
    said: list[str] = []
    scale.ensure_world(tmp_path / "world", said.append, **SIZE)
    scale.ensure_world(tmp_path / "world", said.append, **SIZE)
    assert said[-1].startswith("using the world")

    found = scale.measure(tmp_path / "world", tmp_path / "data", said.append, years=(1,))

    (stop,) = found.stops
    assert stop.filings > 500
    assert stop.lines > stop.filings
    # Both readings found the same rows; ours also holds how each set was fetched.
    assert stop.load.found["row_count"] == stop.bare.found["row_count"] + 2 * 4
    assert stop.build.found["plan"].endswith("everything, as asked")
    assert stop.day is not None
    assert stop.day.found["plan"].endswith("these issuers")
    assert stop.day_filings > 0
    assert min(stop.load.peak_bytes, stop.build.peak_bytes, stop.day.peak_bytes, found.pandas.peak_bytes) > 30e6
    assert found.pandas.found["last_market_ratio"] > 0
    assert set(found.queries) == {recipe.question for recipe in cookbook.recipes()}
    assert min(told["milliseconds"] for told in found.queries.values()) > 0

    text = scale.report(found)
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    unmeasured = [row for row in rows[1:] if not re.search(r"\|[^|]*\d[^|]*\|", row)]
    assert len(rows) > 25 + len(found.queries)
    assert [row for row in unmeasured if "question" not in row] == []
