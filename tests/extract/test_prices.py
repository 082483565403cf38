"""The prices road: whole histories, missing days, changed pasts, and the manners of the shops, over real HTTP."""

from __future__ import annotations

import csv
import json
import logging
import re
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extract import landing
from extract.prices.fetch import fetch_prices
from extract.prices.landing import landed_answers
from extract.prices.series import disagreement, series
from extract.prices.source import PriceRow
from extract.prices.stooq import ADJUSTED, AS_TRADED, Stooq
from extract.prices.tiingo import PART, Tiingo
from ops import steps
from simulator.server import serve
from tests.extract.mirrors import QUICK, put
from warehouse.database import read_connection
from warehouse.errors import AccessRefused, FetchError, GateFailed, LoadError, SettingsError, SourceDataError, Throttled
from warehouse.etfs import etfs
from warehouse.exchange_calendar import trading_days
from warehouse.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.server import RunningServer

FIRST, LAST = date(2024, 1, 2), date(2024, 3, 28)
DAYS = trading_days(FIRST, LAST)
EX_DATE, SPLIT_DATE = date(2024, 3, 18), date(2024, 3, 25)
HEADER = "date,open,high,low,close,adj_close,volume,dividend,split_factor"
TOKEN, KEY = "token-that-nobody-may-read", "key-that-nobody-may-read"


def price_file(start: float = 100.0) -> bytes:
    """A fund that gains 0.1 a day, pays 1.00 on the ex-date and splits 2 for 1; the shops do not read `adj_close`."""
    lines = [HEADER]
    for number, day in enumerate(DAYS):
        close = (start + number / 10) / (2 if day >= SPLIT_DATE else 1)
        dividend, split = 1.0 if day == EX_DATE else 0.0, 2 if day == SPLIT_DATE else 1
        lines.append(f"{day},{close},{close},{close},{close:.4f},0,100,{dividend},{split}")
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RunningServer]:
    """Both shops with two funds, as of the Friday before the ex-date."""
    for ticker in ("XLB", "SPY"):
        put(tmp_path / "mirror", f"/prices/{ticker}.csv", price_file(100 if ticker == "XLB" else 400))
    put(tmp_path / "mirror", "/simulated.json", b"{}")
    with serve(tmp_path / "mirror", prices_through="2024-03-14", require_price_key=True) as running:
        yield running


def settings_for(shop: RunningServer, folder: Path, source: str = "tiingo", **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "data_dir": folder / "data",
        "lock_dir": folder / "limits",
        "price_source": source,
        "price_max_requests_per_second": 10.0,
        "tiingo_url": shop.url,
        "tiingo_token": TOKEN,
        "stooq_url": shop.url,
        "stooq_api_key": KEY,
        "throttle_pause_seconds": 1.0,
    }
    return Settings(**{**values, **changes})


def evening(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 0, tzinfo=UTC)  # 18:00 or 19:00 in New York


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with read_connection(settings.warehouse_path) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("source", ["tiingo", "stooq"])
def test_a_whole_history_then_only_the_missing_days(shop: RunningServer, tmp_path: Path, source: str) -> None:
    settings = settings_for(shop, tmp_path, source)
    first = fetch_prices(settings, tickers=["xlb", "SPY"], now=evening(date(2024, 3, 14)))
    assert first.outcomes == {"XLB": "new", "SPY": "new"}
    per_fund = 1 if source == "tiingo" else 2
    assert shop.stats()["by_kind"] == {"price": 2 * per_fund}
    shop.reset_stats()
    assert fetch_prices(settings, tickers=["XLB"], now=evening(date(2024, 3, 14))).outcomes == {"XLB": "up_to_date"}
    assert shop.stats()["requests"] == 0
    shop.set_manners(prices_through="2024-03-15")
    assert fetch_prices(settings, tickers=["XLB"], now=evening(date(2024, 3, 15))).outcomes == {"XLB": "added"}
    assert shop.stats()["requests"] == per_fund
    whole, tail = landed_answers("XLB", settings)
    assert (whole.is_whole, whole.row_count) == (True, DAYS.index(date(2024, 3, 14)) + 1)
    # Two weeks before the newest day: ten trading days and the new one.
    assert (tail.is_whole, tail.is_joined, tail.asked_from, tail.row_count) == (False, True, date(2024, 2, 29), 12)
    days = [entry.row.price_date for entry in series("XLB", settings)]
    assert days == [day.isoformat() for day in DAYS if day <= date(2024, 3, 15)]


@pytest.mark.parametrize("source", ["tiingo", "stooq"])
def test_a_dividend_and_a_split_change_the_whole_history_and_are_noticed(
    shop: RunningServer, tmp_path: Path, source: str
) -> None:
    settings = settings_for(shop, tmp_path, source)
    fetch_prices(settings, tickers=["XLB"], now=evening(date(2024, 3, 14)))
    for day, reason in ((EX_DATE, "adj_close of"), (SPLIT_DATE, "adj_close of")):
        shop.set_manners(prices_through=day.isoformat())
        fetched = fetch_prices(settings, tickers=["XLB"], now=evening(day))
        assert fetched.outcomes == {"XLB": "reloaded"}
        assert fetched.reloads["XLB"].startswith(reason)
    whole_before, refused, whole, *_ = landed_answers("XLB", settings)
    assert (whole_before.is_whole, refused.is_joined, whole.is_whole) == (True, False, True)
    by_day = {entry.row.price_date: entry.row for entry in series("XLB", settings)}
    # 100.0 on the first day, without its share of the dividend of 1.00 (close before: 105.2), in shares of today.
    close_before = 100 + DAYS.index(date(2024, 3, 15)) / 10
    assert float(by_day["2024-01-02"].close or 0) == 100.0
    expected = 100.0 * (1 - 1 / close_before) / 2
    assert float(by_day["2024-01-02"].adj_close or 0) == pytest.approx(expected, abs=6e-5)
    assert by_day[SPLIT_DATE.isoformat()].split_factor == ("2.0" if source == "tiingo" else None)
    steps.load_prices(settings)
    assert rows(settings, "select is_whole, is_joined, is_in_force from raw.etf_price_answers order by fetched_at") == [
        (True, True, False),
        (False, False, False),
        (True, True, False),
        (False, False, False),
        (True, True, True),
    ]


def test_the_close_of_a_day_that_is_not_over_is_not_read(shop: RunningServer, tmp_path: Path) -> None:
    settings = settings_for(shop, tmp_path)
    noon = datetime(2024, 3, 14, 16, 0, tzinfo=UTC)
    fetch_prices(settings, tickers=["XLB"], now=noon)
    assert series("XLB", settings)[-1].row.price_date == "2024-03-13"


def test_a_used_up_allowance_ends_the_run_and_the_next_one_goes_on(shop: RunningServer, tmp_path: Path) -> None:
    settings = settings_for(shop, tmp_path)
    shop.set_manners(rules=[{"match": "tiingo", "action": "used_up200", "times": None, "skip": 1}])
    with pytest.raises(Throttled, match="run over your hourly request allocation"):
        fetch_prices(settings, tickers=["XLB", "SPY"], now=evening(date(2024, 3, 14)))
    assert shop.stats()["requests"] == 2
    assert Counter(row["outcome"] for row in landing.read_outcomes("prices", settings)) == {
        "fetched": 1,
        "throttled": 1,
    }
    shop.set_manners(rules=[])
    again = fetch_prices(settings, tickers=["XLB", "SPY"], now=evening(date(2024, 3, 14)))
    assert again.outcomes == {"XLB": "up_to_date", "SPY": "new"}
    stooq = settings_for(shop, tmp_path / "stooq", "stooq")
    shop.set_manners(rules=[{"match": "/q/d/l/.*o=1", "action": "used_up200"}])
    with pytest.raises(Throttled, match="Exceeded the daily hits limit"):
        fetch_prices(stooq, tickers=["XLB"], now=evening(date(2024, 3, 14)))
    # Half of an answer is none.
    assert landed_answers("XLB", stooq) == []


def test_without_a_key_the_source_says_which_setting_it_needs(shop: RunningServer, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TIINGO_TOKEN"):
        fetch_prices(settings_for(shop, tmp_path, tiingo_token=None), tickers=["XLB"])
    with pytest.raises(AccessRefused, match="STOOQ_API_KEY"):
        fetch_prices(settings_for(shop, tmp_path, "stooq", stooq_api_key=None), tickers=["XLB"], patience=QUICK)
    shop.set_manners(rules=[{"match": "tiingo", "action": "status", "status": 401}])
    with pytest.raises(AccessRefused, match="TIINGO_TOKEN"):
        fetch_prices(settings_for(shop, tmp_path), tickers=["XLB"], patience=QUICK)
    with pytest.raises(SettingsError, match="Set PRICE_SOURCE"):
        fetch_prices(settings_for(shop, tmp_path, price_source=None))
    assert not (tmp_path / "data" / "landing" / "prices").exists()


def test_a_key_is_in_no_log_outcome_error_or_landed_file(
    shop: RunningServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for source in ("tiingo", "stooq"):
        settings = settings_for(shop, tmp_path, source)
        shop.set_manners(rules=[{"match": "tiingo|/q/d/l/", "action": "reset", "times": 1}])
        fetch_prices(settings, tickers=["XLB"], now=evening(date(2024, 3, 14)), patience=QUICK)
        shop.set_manners(rules=[{"match": "tiingo|/q/d/l/", "action": "503", "times": None}])
        failed = fetch_prices(settings, tickers=["SPY"], now=evening(date(2024, 3, 14)), patience=QUICK).failed
        assert "after 8 attempts" in failed["SPY"]
        assert KEY not in failed["SPY"]
    assert "apikey=***" in caplog.text
    assert "attempt 8 at" in caplog.text
    written = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    for secret in (TOKEN, KEY):
        assert secret not in caplog.text
        assert secret.encode() not in written


def test_a_web_page_in_place_of_prices_is_never_landed(shop: RunningServer, tmp_path: Path) -> None:
    settings = settings_for(shop, tmp_path)
    shop.set_manners(rules=[{"match": "xlb", "action": "html200", "times": 2}])
    fetched = fetch_prices(settings, tickers=["XLB"], now=evening(date(2024, 3, 14)), patience=QUICK)
    assert fetched.outcomes == {"XLB": "new"}
    shop.set_manners(rules=[{"match": "spy", "action": "empty200", "times": None}])
    fetched = fetch_prices(settings, tickers=["SPY"], now=evening(date(2024, 3, 14)), patience=QUICK)
    assert "an empty body" in fetched.failed["SPY"]
    assert landed_answers("SPY", settings) == []


def test_a_fund_the_source_does_not_have_does_not_stop_the_others(shop: RunningServer, tmp_path: Path) -> None:
    settings = settings_for(shop, tmp_path)
    fetched = fetch_prices(settings, tickers=["XLC", "XLB"], now=evening(date(2024, 3, 14)))
    assert fetched.outcomes == {"XLB": "new"}
    assert "has no fund XLC" in fetched.failed["XLC"]
    with pytest.raises(FetchError, match="prices of 10 funds"):
        steps.fetch_prices(settings)
    with pytest.raises(SettingsError, match="ABC"):
        fetch_prices(settings, tickers=["ABC"])


def test_loading_twice_changes_nothing_and_a_rebuild_needs_no_network(shop: RunningServer, tmp_path: Path) -> None:
    settings = settings_for(shop, tmp_path)
    fetch_prices(settings, tickers=["XLB", "SPY"], now=evening(date(2024, 3, 14)))
    (loaded,) = steps.load_prices(settings)
    everything = (
        "select ticker, price_date, close, adj_close, dividend, source, is_simulated from raw.etf_prices order by all"
    )
    before = rows(settings, everything)
    assert len(before) == loaded.row_counts["etf_prices"] == 2 * (DAYS.index(date(2024, 3, 14)) + 1)
    assert before[0] == ("SPY", "2024-01-02", "400.0", "400.0", "0.0", "tiingo", True)
    (again,) = steps.load_prices(settings)
    assert again.is_skipped
    shop.close()
    settings.warehouse_path.unlink()
    steps.load_landed(settings)
    assert rows(settings, everything) == before


def test_a_switch_of_source_takes_whole_series_of_the_new_one(shop: RunningServer, tmp_path: Path) -> None:
    now = evening(date(2024, 3, 14))
    fetch_prices(settings_for(shop, tmp_path), tickers=["XLB", "SPY"], now=now)
    settings = settings_for(shop, tmp_path, "stooq")
    assert fetch_prices(settings, tickers=["XLB"], now=now).outcomes == {"XLB": "new"}
    steps.load_prices(settings)
    found = rows(settings, "select ticker, list(distinct source) from raw.etf_prices group by ticker order by ticker")
    assert found == [("SPY", ["tiingo"]), ("XLB", ["stooq"])]


def test_a_lost_day_is_loaded_with_a_warning_and_a_half_applied_split_is_not_loaded(
    shop: RunningServer, tmp_path: Path
) -> None:
    settings = settings_for(shop, tmp_path)
    now = evening(date(2024, 3, 14))
    shop.set_manners(prices_missing=["XLB:2024-02-14"])
    fetch_prices(settings, tickers=["XLB"], now=now)
    steps.load_prices(settings)
    found = "select severity, sample from raw.gate_results where expectation = 'price_days_gap_free' and not passed"
    ((severity, sample),) = rows(settings, found)
    assert severity == "warning"
    assert json.loads(sample)[0]["first_missing_day"] == "2024-02-14"
    # A source that halves the closes and forgets to say so: not one of them gets in.
    spoilt = price_file().replace(b",2\n", b",1\n")
    put(tmp_path / "mirror", "/prices/XLB.csv", spoilt)
    shop.set_manners(prices_through=None, prices_missing=[])
    fetched = fetch_prices(settings, tickers=["XLB"], now=evening(LAST))
    assert fetched.outcomes == {"XLB": "reloaded"}
    with pytest.raises(GateFailed, match="price_moves_possible"):
        steps.load_prices(settings)
    assert rows(settings, "select max(price_date) from raw.etf_prices") == [("2024-03-14",)]


# ------------------------------------------------------------------------------------------------------- own files


def own_settings(folder: Path) -> Settings:
    (folder / "mine").mkdir(exist_ok=True)
    return Settings(data_dir=folder / "data", price_source="files", price_files_dir=folder / "mine")


def test_own_files_are_landed_as_they_are_and_again_when_they_change(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)
    text = b"Date,Close,Adj_Close,Note\n2024-01-02,100.5,99.5,x\n2024-01-03,101,100,y\n"
    (tmp_path / "mine" / "xlb.csv").write_bytes(text)
    table = {"date": [date(2024, 1, 2)], "close": [400.25], "adj_close": [399.0], "dividend": [0.5]}
    pq.write_table(pa.table(table), tmp_path / "mine" / "SPY.parquet")
    fetched = fetch_prices(settings)
    assert fetched.outcomes == {"XLB": "new", "SPY": "new"}
    assert len(fetched.failed) == len(etfs()) - 2
    assert "holds no XLC.csv" in fetched.failed["XLC"]
    (answer,) = landed_answers("XLB", settings)
    assert answer.parts() == {"xlb.csv": text}
    assert fetch_prices(settings, tickers=["XLB"]).outcomes == {"XLB": "up_to_date"}
    (tmp_path / "mine" / "xlb.csv").write_bytes(text.replace(b"101,100", b"101,99"))
    assert fetch_prices(settings, tickers=["XLB"]).outcomes == {"XLB": "reloaded"}
    steps.load_prices(settings)
    assert rows(
        settings, "select ticker, close, adj_close, dividend from raw.etf_prices order by ticker, price_date"
    ) == [
        ("SPY", "400.25", "399.0", "0.5"),
        ("XLB", "100.5", "99.5", None),
        ("XLB", "101", "99", None),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"date,close\n2024-01-02,1\n", "lacks the column\\(s\\) adj_close"),
        (b"date,close,adj_close\n2024-01-02,1\n", "line 2: 2 values under 3 names"),
        (b"date,close,adj_close\n", "holds no day"),
        (b"\xff\xfe\x00", "no CSV file in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_not_landed(tmp_path: Path, content: bytes, reason: str) -> None:
    settings = own_settings(tmp_path)
    (tmp_path / "mine" / "XLB.csv").write_bytes(content)
    failed = fetch_prices(settings, tickers=["XLB"]).failed
    assert re.search(reason, failed["XLB"])
    assert landed_answers("XLB", settings) == []


def test_real_and_simulated_prices_are_never_mixed(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)
    text = b"date,close,adj_close\n2024-01-02,1,1\n"
    (tmp_path / "mine" / "XLB.csv").write_bytes(text)
    fetch_prices(settings, tickers=["XLB"])
    (tmp_path / "mine" / "simulated.json").write_text("{}")
    (tmp_path / "mine" / "SPY.csv").write_bytes(text)
    fetch_prices(settings, tickers=["SPY"])
    with pytest.raises(LoadError, match="never mixed"):
        steps.load_prices(settings)


# --------------------------------------------------------------------------------------------------------- parsers


def test_tiingo_numbers_stay_as_they_were_written() -> None:
    body = (
        b'[{"date":"2019-01-02T00:00:00.000Z","close":157.92,"high":158.85,"low":154.23,"open":154.89,'
        b'"volume":37039737,"adjClose":157.9200000001,"adjHigh":158.85,"adjLow":154.23,"adjOpen":154.89,'
        b'"adjVolume":37039737,"divCash":0.0,"splitFactor":1.0}]'
    )
    expected = [PriceRow("2019-01-02", "157.92", "157.9200000001", "0.0", "1.0", "37039737")]
    assert Tiingo(_settings()).parse({PART: body}) == expected


@pytest.mark.parametrize("body", [b"<html>", b'{"detail": "x"}', b'[{"date": "2019-01-02"}]', b"[1]"])
def test_what_is_no_tiingo_answer_is_refused(body: bytes) -> None:
    with pytest.raises(SourceDataError, match="Tiingo"):
        Tiingo(_settings()).parse({PART: body})


def test_stooq_files_are_joined_by_day() -> None:
    adjusted = b"Date,Open,High,Low,Close,Volume\r\n2024-01-02,1,1,1,0.99,5\r\n2024-01-03,1,1,1,1.01,6\r\n"
    as_traded = b"Date,Open,High,Low,Close,Volume\r\n2024-01-03,1,1,1,1.02,6\r\n"
    assert Stooq(_settings()).parse({ADJUSTED: adjusted, AS_TRADED: as_traded}) == [
        PriceRow("2024-01-02", None, "0.99"),
        PriceRow("2024-01-03", "1.02", "1.01", volume="6"),
    ]
    assert Stooq(_settings()).parse({ADJUSTED: b"No data", AS_TRADED: b"No data"}) == []
    with pytest.raises(SourceDataError, match="Stooq"):
        Stooq(_settings()).parse({ADJUSTED: b"Something else", AS_TRADED: as_traded})


def _settings() -> Settings:
    return load_settings({})


KNOWN = [PriceRow("2024-01-02", "10", "9.9"), PriceRow("2024-01-03", "10.1", "10.0")]


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        ([KNOWN[1], PriceRow("2024-01-04", "10.2", "10.1", "0.0", "1.0")], None),
        # Another rounding is no change; a dividend of a hundredth of a percent is.
        ([PriceRow("2024-01-03", "10.1", "10.000001"), PriceRow("2024-01-04", "10.2", "10.1")], None),
        ([PriceRow("2024-01-03", "10.1", "9.999")], "adj_close of 2024-01-03 was 10.0 and is 9.999"),
        ([PriceRow("2024-01-03", "5.05", "10.0")], "close of 2024-01-03 was 10.1 and is 5.05"),
        ([PriceRow("2024-01-03", None, "10.0")], "close of 2024-01-03 was 10.1 and is None"),
        ([PriceRow("2024-01-08", "10.2", "10.1")], "no day in common with what is landed"),
        ([KNOWN[1], PriceRow("2024-01-04", "10.2", "10.1", "0.05")], "a dividend of 0.05 on 2024-01-04"),
        ([KNOWN[1], PriceRow("2024-01-04", "10.2", "10.1", None, "2.0")], "a split of 2.0 on 2024-01-04"),
        ([KNOWN[1], PriceRow("2024-01-04", "7.4", "7.4")], "a jump from 10.0 to 7.4 on 2024-01-04"),
        ([KNOWN[1], PriceRow("2024-01-04", "7.5", "7.5")], None),
    ],
)
def test_when_a_tail_can_be_joined(tail: list[PriceRow], reason: str | None) -> None:
    assert disagreement(KNOWN, tail) == reason


# ------------------------------------------------------------------------------------------------------- real data


def test_real_prices_load_and_their_days_are_the_exchange_calendar(real_data: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, price_source="files", price_files_dir=real_data / "prices")
    assert set(fetch_prices(settings).outcomes.values()) == {"new"}
    (loaded,) = steps.load_prices(settings)
    files = {path.stem: path for path in (real_data / "prices").glob("*.csv")}
    assert loaded.row_counts["etf_prices"] == sum(len(path.read_text().splitlines()) - 1 for path in files.values())
    failed = rows(settings, "select expectation from raw.gate_results where not passed and severity <> 'info'")
    assert failed == []
    with files["SPY"].open(newline="") as lines:
        days = [date.fromisoformat(row["date"]) for row in csv.DictReader(lines)]
    assert days == trading_days(days[0], days[-1])
    total = duckdb.read_csv(str(files["XLE"])).sum("adj_close").fetchone()
    ((ours,),) = rows(settings, "select sum(adj_close::double) from raw.etf_prices where ticker = 'XLE'")
    assert total is not None
    assert ours == pytest.approx(total[0])
