"""The trends page and the operations page, from published copies and in a real browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest
from playwright.sync_api import expect

from ops import steps
from ops.screenshots import wait_until_drawn
from quality.gate import GateResult, Outcome, _append
from reports.operations import STAGES, render_operations
from reports.packing import AMOUNT_SCALE, RATIO_SCALE, amount_codes, pack, ratio_codes, unpack
from tests.reports.worlds import NEWEST
from warehouse.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from warehouse.settings import Settings

MOST_BYTES = 3_000_000
PAGES = ("trends.html", "operations.html")


def words_of(html: str) -> str:
    """What a reader sees, without markup and scripts."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def payload_of(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', html, re.S)
    assert found
    return dict(json.loads(found[1]))


def days_of(differences: list[int]) -> list[date]:
    return [date(1970, 1, 1) + timedelta(days=int(number)) for number in np.cumsum(differences)]


def query(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


# ── What the pages say ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_series_in_the_page_are_those_of_the_marts(eight_years: Settings, pages: Path) -> None:
    data = payload_of((pages / "trends.html").read_text(encoding="utf-8"))
    weeks, months, quarters = (days_of(data[name]) for name in ("weeks", "months", "quarters"))
    sectors, groups = [one["name"] for one in data["sectors"]], [one["name"] for one in data["groups"]]
    axes = (len(sectors), len(data["windows"]), len(groups))
    assert weeks[-1] == NEWEST
    assert sectors[0] == "All"

    amounts = np.expm1(unpack(data["amounts"], (4, *axes, len(weeks))) / AMOUNT_SCALE)
    bands = unpack(data["bands"], (2, 4, *axes, len(months))).astype(float)
    standings = unpack(data["standings"], (2, 2, *axes, len(quarters))).astype(float)
    place = sectors.index("Energy"), data["windows"].index(30), groups.index("executives")
    expected = query(
        eight_years,
        "select as_of_date, buy_count, sell_count, buy_usd::double, sell_usd::double from fct_sector_ratios_daily "
        "where sector = 'Energy' and window_days = 30 and insider_group = 'executives' and isodow(as_of_date) = 5",
    )
    assert len(expected) > 400
    for day, *values in expected:
        assert amounts[(slice(None), *place, weeks.index(day))] == pytest.approx(values, rel=5e-4, abs=1e-9)

    rows = query(
        eight_years,
        "select as_of_date, lower_edge, upper_edge, five_year_average, percentile from rpt_sector_bands_monthly "
        "where sector = 'Energy' and window_days = 30 and insider_group = 'executives' and measure = 'npr_usd'",
    )
    assert sum(row[1] is not None for row in rows) > 50
    for day, *values in rows:
        codes = bands[(1, slice(None), *place, months.index(day))]
        shown = [None if code == 0 else (code - 1) / RATIO_SCALE - 1 for code in codes]
        assert [value is None for value in shown] == [value is None for value in values]
        assert [value for value in shown if value is not None] == pytest.approx(
            [value for value in values if value is not None], abs=1 / RATIO_SCALE
        )

    tiers = query(
        eight_years,
        "select quarter_end, tier from fct_sector_tiers_quarterly "
        "where sector = 'Energy' and window_days = 30 and insider_group = 'executives' and measure = 'npr_count'",
    )
    for day, tier in tiers:
        code = standings[(0, 0, *place, quarters.index(day))]
        assert data["tiers"][round(((code - 1) / RATIO_SCALE - 1) * 10)] == tier


def test_prices_in_the_page_are_the_last_of_each_week(eight_years: Settings, pages: Path) -> None:
    data = payload_of((pages / "trends.html").read_text(encoding="utf-8"))
    weeks, sectors = days_of(data["weeks"]), [one["name"] for one in data["sectors"]]
    prices = np.expm1(unpack(data["prices"], (len(sectors), len(weeks))) / AMOUNT_SCALE)
    closes = dict(
        query(
            eight_years,
            "select price_date, adjusted_close_usd from fct_etf_prices_daily "
            "where etf_symbol = 'XLE' and isodow(price_date) = 5",
        )
    )
    assert len(closes) > 400
    shown = {day: prices[sectors.index("Energy"), weeks.index(day)] for day in closes}
    assert shown == pytest.approx(closes, rel=5e-4)
    assert not prices[sectors.index("Communication Services")].any()


def test_the_board_is_the_headline_of_the_newest_quarter(eight_years: Settings, pages: Path) -> None:
    html = (pages / "trends.html").read_text(encoding="utf-8")
    shown = [
        (unescape(sector), tier.replace("-", " "))
        for tier, sector in re.findall(
            r'<tr class="row-([a-z-]+)">\s*<td class="name"><button[^>]*data-sector="([^"]+)"', html
        )
    ]
    expected = query(
        eight_years,
        "select sector, lower(tier) from fct_sector_tiers_quarterly where is_headline and quarter_end = '2025-12-31' "
        "order by percentile desc nulls last, sector",
    )
    assert len({tier for _, tier in expected}) == 3
    assert shown == expected


def test_pages_ask_nobody_and_say_that_they_are_simulated(pages: Path) -> None:
    for name in PAGES:
        html = (pages / name).read_text(encoding="utf-8")
        assert "default-src 'none'" in html
        assert "Simulated data." in words_of(html)
        # What scripts do is watched in a browser, below.
        markup = re.sub(r"(<script\b[^>]*>).*?</script>", r"\1", html, flags=re.S)
        assert not re.search(r"<(?:script|img|iframe|link)\b[^>]*(?:src|href)=[\"']?(?!data:)[^\"'>\s]", markup)
        assert not re.search(r"@import|url\((?!data:)", html[: html.index("</style>")])
        assert len(html.encode()) < MOST_BYTES


def test_what_a_filer_wrote_stays_text(three_months: Settings) -> None:
    trends, operations = ((three_months.reports_dir / name).read_text(encoding="utf-8") for name in PAGES)
    assert "Acme &lt;b&gt;0&lt;/b&gt; &amp; Sons" in trends
    assert 'href="https://www.sec.gov/Archives/edgar/data/1/' in trends
    assert 'href="javascript:' not in trends
    assert "The document &lt;/script&gt;&lt;script&gt;document.title" in operations


def test_the_same_data_gives_the_same_bytes(eight_years: Settings, pages: Path) -> None:
    before = [(pages / name).read_bytes() for name in PAGES]
    steps.make_pages(eight_years)
    assert [(pages / name).read_bytes() for name in PAGES] == before
    assert not list(pages.glob(".*"))


def test_twenty_years_of_noise_stay_small(pages: Path) -> None:
    html = (pages / "trends.html").read_text(encoding="utf-8")
    data = payload_of(html)
    weeks, months, quarters = 1_044, 241, 80
    axes = (len(data["sectors"]), len(data["windows"]), len(data["groups"]))
    chance = np.random.default_rng(1)
    # Nothing here repeats from one week to the next, so nothing can be packed any worse.
    packed = {
        "amounts": pack(amount_codes(chance.lognormal(10, 3, (4, *axes, weeks)))),
        "bands": pack(ratio_codes(chance.uniform(-1, 1, (2, 4, *axes, months)))),
        "standings": pack(ratio_codes(chance.uniform(-1, 1, (2, 2, *axes, quarters)))),
        "prices": pack(amount_codes(chance.lognormal(4, 1, (axes[0], weeks)))),
    }
    everything_else = len(html.encode()) - sum(len(data[name]) for name in packed)
    assert len(packed["amounts"]) > 500_000
    assert everything_else + sum(map(len, packed.values())) + 20 * (weeks + months) < MOST_BYTES


def test_three_months_of_history_say_that_they_are_short(three_months: Settings) -> None:
    words = words_of((three_months.reports_dir / "trends.html").read_text(encoding="utf-8"))
    assert "Short history: there are 3 month-ends to compare with" in words
    assert words.count("Insufficient history") >= 11
    assert "No prices of the sector ETFs are loaded" in words
    assert "Simulated data" not in words
    # Published long after the newest filing day, as after a machine that stood still.
    assert "Stale: Filings known up to 9 January 2026" in words
    operations = words_of((three_months.reports_dir / "operations.html").read_text(encoding="utf-8"))
    assert "1 day of 20 late" in operations
    assert "Newer filings are missing" in operations


def test_the_first_days_say_that_no_quarter_is_complete(first_days: Settings) -> None:
    words = words_of((first_days.reports_dir / "trends.html").read_text(encoding="utf-8"))
    assert "No calendar quarter is complete yet." in words
    assert "there is no month-end to compare with" in words


def test_an_empty_warehouse_says_what_to_do(nothing: Settings) -> None:
    trends, operations = ((nothing.reports_dir / name).read_text(encoding="utf-8") for name in PAGES)
    assert "No purchase or sale by an insider is known yet." in words_of(trends)
    assert "vega" not in trends
    assert "Nothing is loaded yet" in words_of(operations)


def test_a_page_that_fails_spoils_neither_the_other_nor_what_is_published(
    eight_years: Settings, pages: Path, tmp_path: Path
) -> None:
    (tmp_path / "trends.html").mkdir()
    elsewhere = replace(eight_years, data_dir=tmp_path)
    (tmp_path / "published").symlink_to(eight_years.published_dir)
    (tmp_path / "reports").symlink_to(tmp_path)
    published = eight_years.published_path.stat()
    with pytest.raises(ReportError, match="write_trends"):
        steps.make_pages(elsewhere)
    assert (tmp_path / "operations.html").stat().st_size > 10_000
    assert eight_years.published_path.stat() == published
    assert (pages / "trends.html").is_file()


def test_every_loss_of_the_ledger_is_on_the_operations_page(eight_years: Settings, pages: Path) -> None:
    columns = {
        name
        for (name,) in query(
            eight_years, "select column_name from duckdb_columns() where table_name = 'fct_filing_day_ledger'"
        )
    }
    losses = {loss for _, _, losses in STAGES for loss, _ in losses}
    # Repeated lines are the index naming a filing once per filer: nothing is lost.
    assert {name for name in columns if name.startswith("lost_")} - losses == {"lost_repeated_index_line_count"}
    words = words_of((pages / "operations.html").read_text(encoding="utf-8"))
    days, lines, headline = query(
        eight_years,
        "select count(*), sum(transaction_line_count), sum(headline_line_count) from fct_filing_day_ledger "
        "where filing_day > date '2026-01-09' - 90",
    )[0]
    assert days > 50
    assert f"Transaction lines in them {lines:,}" in words
    assert f"Lines in the headline ratios, in dollars {headline:,}" in words


def test_a_gate_that_failed_is_on_the_operations_page_until_it_passes(eight_years: Settings, tmp_path: Path) -> None:
    quality = replace(eight_years, data_dir=tmp_path)
    outcomes = (
        Outcome("filings_parsed", "error", passed=False, failing_count=8, reason="Too many cannot be read."),
        Outcome("volume_usual", "warning", passed=False, failing_count=1, reason="Half of what is usual."),
        Outcome("history_known", "info", passed=True, reason="Too short."),
    )
    failed = GateResult("filing_day", "2026-01-08", datetime(2026, 1, 9, 5, tzinfo=UTC), outcomes, tmp_path)
    _append(failed, quality)
    red = words_of(render_operations(eight_years.published_path, quality.quality_dir))
    assert "A quality gate is red" in red
    assert "Gate filing_day failed for 2026-01-08 on 2026-01-09 05:00 UTC" in red
    assert "error filings_parsed : 8 Too many cannot be read." in red

    _append(replace(failed, checked_at=datetime(2026, 1, 9, 7, tzinfo=UTC), outcomes=outcomes[1:]), quality)
    with (quality.quality_dir / "results" / "filing_day.jsonl").open("a") as file:
        file.write('{"gate": "filing_day", "parti')
    green = words_of(render_operations(eight_years.published_path, quality.quality_dir))
    assert "A quality gate is red" not in green
    assert "no open failure" in green
    assert "1 line of the result files could not be read" in green


# ── In a browser ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Watched:
    """A page that was opened from its file, with all it said and asked for."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page: Page = browser.new_page(**options)
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(address)
        wait_until_drawn(self.page)

    def picture(self, chart: str) -> str:
        """The shapes of a chart and their colours."""
        return "".join(
            self.page.eval_on_selector_all(
                f"#{chart} svg path", "all => all.map(one => one.getAttribute('d') + ' ' + one.getAttribute('fill'))"
            )
        )


@pytest.fixture(scope="module")
def trends(browser: Browser, pages: Path) -> Watched:
    return Watched(browser, (pages / "trends.html").as_uri(), viewport={"width": 1200, "height": 900})


def test_pages_open_from_a_file_without_an_error_or_a_request(trends: Watched, browser: Browser, pages: Path) -> None:
    operations = Watched(browser, (pages / "operations.html").as_uri())
    for watched, name in ((trends, "trends.html"), (operations, "operations.html")):
        assert watched.said == []
        assert [url for url in watched.asked if not url.startswith("data:")] == [(pages / name).as_uri()]
    operations.page.close()


@pytest.mark.parametrize(
    ("control", "charts"),
    [
        ("sector", ("chart-ratio", "chart-price")),
        ("group", ("chart-ratio", "smalls", "chart-tiers")),
        ("window", ("chart-ratio", "smalls")),
        ("by", ("chart-ratio", "smalls")),
        ("show", ("chart-ratio",)),
        ("span", ("chart-ratio", "chart-price", "smalls", "chart-tiers")),
    ],
)
def test_controls_change_the_charts(trends: Watched, control: str, charts: tuple[str, ...]) -> None:
    page = trends.page
    before = {chart: trends.picture(chart) for chart in charts}
    if page.locator(f"select[name={control}]").count():
        page.select_option(f"select[name={control}]", index=2)
    else:
        page.locator(f"input[name={control}]:not(:checked)").first.check(force=True)
    wait_until_drawn(page)
    assert all(len(picture) > 100 for picture in before.values())
    assert [chart for chart in charts if trends.picture(chart) == before[chart]] == []
    assert trends.said == []


def test_slider_and_pointer_read_out_a_week(trends: Watched) -> None:
    page = trends.page
    page.focus("#week")
    newest = page.inner_text("#readout")
    page.keyboard.press("ArrowLeft")
    earlier = page.inner_text("#readout")
    assert earlier != newest
    page.locator("#chart-ratio svg").scroll_into_view_if_needed()
    box = page.locator("#chart-ratio svg").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#readout")).not_to_have_text(earlier)
    assert re.search(r"\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} · ", page.inner_text("#readout"))


def test_clusters_follow_the_sector_and_the_box(trends: Watched) -> None:
    page = trends.page
    page.select_option("#sector", label="Health Care")
    shown = page.locator("#cluster-table tbody tr:visible")
    assert set(shown.evaluate_all("rows => rows.map(row => row.dataset.sector)")) == {"Health Care"}
    page.check("#only-high")
    assert shown.count() == 0
    page.uncheck("#only-high")
    page.select_option("#sector", label="Whole market")
    wait_until_drawn(page)
    assert shown.count() == 8


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(browser: Browser, pages: Path) -> None:
    watched = Watched(browser, (pages / "trends.html").as_uri(), viewport={"width": 1200, "height": 900})
    reached = []
    for _ in range(60):
        watched.page.keyboard.press("Tab")
        reached.append(
            watched.page.evaluate(
                "() => { const one = document.activeElement; "
                "return one.id || one.name || one.className || one.textContent.trim(); }"
            )
        )
        if reached[-1] == "only-high":
            break
    order = [
        name
        for name in reached
        if name
        in {"skip no-print", "mode", "pick", "sector", "group", "window", "by", "show", "span", "week", "only-high"}
    ]
    assert list(dict.fromkeys(order)) == [
        "skip no-print",
        "mode",
        "pick",
        "sector",
        "group",
        "window",
        "by",
        "show",
        "span",
        "week",
        "only-high",
    ]
    watched.page.close()


def test_a_phone_shows_it_without_scrolling_sideways(browser: Browser, pages: Path) -> None:
    for name in PAGES:
        watched = Watched(browser, (pages / name).as_uri(), viewport={"width": 390, "height": 844})
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert watched.said == []
        watched.page.close()


def test_light_and_dark_follow_the_system_and_the_button(browser: Browser, pages: Path) -> None:
    watched = Watched(browser, (pages / "trends.html").as_uri(), color_scheme="dark")
    page = watched.page

    def look() -> tuple[str, str | None]:
        wait_until_drawn(page)
        line = page.locator("#chart-ratio path[stroke-width='2.2']").first
        return page.evaluate("getComputedStyle(document.body).backgroundColor"), line.get_attribute("stroke")

    dark = look()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    page.click("#mode")
    light = look()
    assert dark[1]
    assert light[0] != dark[0]
    assert light[1] != dark[1]
    assert watched.said == []
    page.close()


@pytest.mark.parametrize("history", ["three_months", "first_days", "nothing"])
def test_short_and_empty_pages_draw_without_an_error(
    request: pytest.FixtureRequest, browser: Browser, history: str
) -> None:
    settings: Settings = request.getfixturevalue(history)
    for name in PAGES:
        watched = Watched(browser, (settings.reports_dir / name).as_uri())
        assert watched.said == []
        assert watched.page.locator("#stale").is_visible() == (history == "three_months")
        watched.page.close()
