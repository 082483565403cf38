"""The price shops: as of any day, in both shapes, and consistent with the fund's own file."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest
import requests

from simulator.build import SPLIT_DATE, SPLIT_ETF
from simulator.server import RunningServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import Mirror


@pytest.fixture
def server(mirror: Mirror) -> Iterator[RunningServer]:
    with serve(mirror.root) as running:
        yield running


def tiingo(server: RunningServer, ticker: str, **query: str) -> Any:
    return requests.get(f"{server.url}/tiingo/daily/{ticker}/prices", params=query, timeout=20).json()


def stooq(server: RunningServer, ticker: str, **query: str) -> list[dict[str, str]]:
    answer = requests.get(f"{server.url}/q/d/l/", params={"s": f"{ticker}.us", "i": "d", **query}, timeout=20)
    return list(csv.DictReader(answer.text.splitlines()))


def own_file(mirror: Mirror, ticker: str) -> list[dict[str, str]]:
    with (mirror.root / f"prices/{ticker}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_as_of_the_last_day_the_shops_serve_the_adjusted_closes_of_the_file(
    server: RunningServer, mirror: Mirror
) -> None:
    rows = own_file(mirror, SPLIT_ETF)
    served = tiingo(server, SPLIT_ETF.lower(), startDate="1990-01-01")
    assert [row["date"][:10] for row in served] == [row["date"] for row in rows]
    adjusted = stooq(server, SPLIT_ETF.lower())
    as_traded = stooq(server, SPLIT_ETF.lower(), o="1111111")
    for row, one, two, three in zip(rows, served, adjusted, as_traded, strict=True):
        assert one["close"] == pytest.approx(float(row["close"]), rel=1e-9)
        assert one["adjClose"] == pytest.approx(float(row["adj_close"]), rel=1e-6)
        assert float(two["Close"]) == pytest.approx(float(row["adj_close"]), abs=6e-5)
        assert float(three["Close"]) == pytest.approx(float(row["close"]), abs=6e-5)
    assert sum(row["splitFactor"] == 2.0 for row in served) == 1
    assert {row["splitFactor"] for row in tiingo(server, "xlb", startDate="1990-01-01")} == {1.0}


def test_a_dividend_and_a_split_change_the_past_on_their_day_and_not_before(
    server: RunningServer, mirror: Mirror
) -> None:
    rows = own_file(mirror, SPLIT_ETF)
    ex_dates = [row["date"] for row in rows if float(row["dividend"])]
    assert len(ex_dates) >= 4
    assert {date[5:7] for date in ex_dates} <= {"03", "06", "09", "12"}
    days = [row["date"] for row in rows]
    for change in (ex_dates[-1], SPLIT_DATE.isoformat()):
        place = days.index(change)
        server.set_manners(prices_through=days[place - 1])
        before = tiingo(server, SPLIT_ETF.lower(), startDate=days[place - 5], endDate=days[place - 1])
        server.set_manners(prices_through=change)
        after = tiingo(server, SPLIT_ETF.lower(), startDate=days[place - 5], endDate=days[place - 1])
        assert [row["close"] for row in before] == [row["close"] for row in after]
        assert before[-1]["adjClose"] == before[-1]["close"]
        assert after[-1]["adjClose"] < after[-1]["close"]
    # The close halves; what a holder has does not.
    around = tiingo(server, SPLIT_ETF.lower(), startDate=days[place - 1], endDate=days[place])
    assert around[1]["close"] / around[0]["close"] == pytest.approx(0.5, abs=0.05)
    assert around[1]["adjClose"] / around[0]["adjClose"] == pytest.approx(1, abs=0.1)


def test_the_shops_say_what_is_wrong_in_their_own_words(server: RunningServer) -> None:
    assert tiingo(server, "nope")["detail"] == "Error: Ticker 'NOPE' not found"
    assert stooq(server, "nope") == []
    server.set_manners(require_price_key=True)
    refused = requests.get(f"{server.url}/tiingo/daily/xlb/prices", timeout=20)
    assert refused.status_code == 401
    page = requests.get(f"{server.url}/q/d/l/?s=xlb.us", timeout=20)
    assert (page.status_code, "get_apikey" in page.text) == (200, True)
    assert stooq(server, "xlb", apikey="any")
    server.set_manners(rules=[{"match": "tiingo|/q/d/l/", "action": "used_up200", "times": 2}])
    for path in ("tiingo/daily/xlb/prices", "q/d/l/?s=xlb.us"):
        answer = requests.get(f"{server.url}/{path}", timeout=20)
        assert answer.status_code == 200
        assert ("hits limit" in answer.text) or ("request allocation" in answer.text)


def test_a_lost_day_is_lost_in_both(server: RunningServer, mirror: Mirror) -> None:
    lost = own_file(mirror, "XLB")[10]["date"]
    server.set_manners(prices_missing=[f"XLB:{lost}"])
    assert lost not in {row["date"][:10] for row in tiingo(server, "xlb", startDate="1990-01-01")}
    assert lost not in {row["Date"] for row in stooq(server, "xlb")}
    assert lost in {row["Date"] for row in stooq(server, "xle")}
