"""Cases about measures: what funds existed, empty denominators, seasons, overlaps, contrarians (traps 18-22).

Fields are written ``mart[column=value,...].column``; ``world.*`` are facts about the built world that an evaluation
should find. An expected value that begins with ``<`` or ``>`` is a bound, on a number or on another field.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from simulator.casebook import Trade
from simulator.days import from_number, quarter_bounds, quarter_name, quarters
from simulator.world import SECTORS

if TYPE_CHECKING:
    from simulator.casebook import CaseBook
    from simulator.world import World


def write(book: CaseBook, world: World) -> None:
    """Write the cases of this module."""
    _funds(book, world)
    _empty_denominators(book)
    _seasons(book, world)
    _routine(book)
    _overlaps(book, world)
    _contrarians(book, world)


def _funds(book: CaseBook, world: World) -> None:
    begin = from_number(world.trading[0])
    for sector in SECTORS:
        if sector.etf not in {"XLC", "XLRE", "XLF"}:
            continue
        first = next(from_number(day) for day in world.trading if from_number(day) >= sector.etf_since)
        why = "prices begin with the fund" if first > begin else "the fund is older than these prices"
        book.expect_mart(f"T18-{sector.etf}", 18, f"prices[ticker={sector.etf}].first_date", first, why)


def _empty_denominators(book: CaseBook) -> None:
    quarter = quarter_name(book.day(3))
    end = quarter_bounds(quarter)[1]
    place = "fct_issuer_ratios_quarterly[quarter_end={end},issuer_cik={cik},insider_group=all].{column}"
    for case, name, code, buy_sell, sell_buy, npr in (
        ("T19-buys-only", "Only Buyers Water Utilities Inc", "P", None, 0, 1),
        ("T19-sells-only", "Only Sellers Water Utilities Inc", "S", 0, None, -1),
    ):
        issuer = book.issuer(name, "4941")
        owner = book.owner(f"Sole {name.split()[1]} T.", "Director")
        filing = book.file(book.rows(book.day(3), issuer, owner, [Trade(code, "900", "30.00")]))
        why = "one side is empty: the ratio over it is null, never infinite, and the bounded ratio is at its end"
        book.expect(case, 19, filing, 1, why, is_signal_trade=True)
        for column, expected in (("buy_sell_ratio_usd", buy_sell), ("sell_buy_ratio_usd", sell_buy), ("npr_usd", npr)):
            book.expect_mart(case, 19, place.format(end=end, cik=issuer.cik, column=column), expected, why)


def _seasons(book: CaseBook, world: World) -> None:
    year = world.through.year - (0 if world.through >= date(world.through.year, 12, 10) else 1)
    closed, opened = date(year, 10, 22), date(year, 12, 8)
    if world.start > closed - timedelta(days=120):
        return
    place = (
        "fct_sector_ratios_daily[as_of_date={day},sector=All,window_days=30,insider_group=officers_directors].buy_count"
    )
    why = "most companies let nobody trade from two weeks before a quarter's end until their earnings"
    book.expect_mart("T20-blackout", 20, place.format(day=closed), "< " + place.format(day=opened), why)


def _routine(book: CaseBook) -> None:
    year = book.days[0].year
    past = [book.past_day(date(year - back, 5, 12)) for back in (3, 2, 1)]
    if None in past:
        return
    issuer = book.issuer("Same Month Brands Inc", "5651")
    for case, name, shift, expected, why in (
        ("T20-routine", "Habitual Same Month A.", 0, "routine", "sold in May of each of the three years before"),
        ("T20-opportunistic", "Variable Any Month B.", 45, "opportunistic", "sold each year, in no common month"),
    ):
        owner = book.owner(name, "Officer", "General Counsel")
        for place, day in enumerate(past):
            moved = book.past_day(day + timedelta(days=shift * place)) if day else None
            if moved is not None:
                book.file(book.rows(moved, issuer, owner, [Trade("S", str(400 + place), "27.00")]))
        filing = book.file(book.rows(book.day(1), issuer, owner, [Trade("S", "450", "29.00")]))
        book.expect(case, 20, filing, 1, why, insider_class=expected, is_opportunistic=expected == "opportunistic")
    owner = book.owner("Newcomer First Trade C.", "Officer", "General Counsel")
    filing = book.file(book.rows(book.day(2), issuer, owner, [Trade("S", "460", "29.10")]))
    why = "no history: neither routine nor opportunistic"
    book.expect("T20-unclassified", 20, filing, 1, why, insider_class="unclassified")


def _overlaps(book: CaseBook, world: World) -> None:
    ends = [quarter_bounds(name)[1] for name in quarters(world.start, world.through)]
    whole = [end for end in ends if end.replace(year=end.year + 1, day=28) <= world.through]
    why = (
        "twelve-month windows that start every quarter overlap by nine months: the sample is a quarter of what it seems"
    )
    book.expect_mart("T21-overlap", 21, "world.quarter_ends_with_12_month_return", len(whole), why)
    book.expect_mart("T21-overlap", 21, "world.disjoint_12_month_windows", -(-len(whole) // 4), why)
    book.expect_mart(
        "T21-overlap", 21, "world.disjoint_3_month_windows", len([end for end in ends if end < world.through]), why
    )


def _contrarians(book: CaseBook, world: World) -> None:
    why = "insiders lean against the half-year return by a known amount: tiers restate it, the control shows it"
    book.expect_mart("T22-contrarian", 22, "world.contrarian", world.contrarian, why)
    bound = "< 0" if world.contrarian > 0 else "> 0" if world.contrarian < 0 else "0"
    book.expect_mart("T22-contrarian", 22, "world.correlation_of_npr_with_prior_6_month_return", bound, why)
