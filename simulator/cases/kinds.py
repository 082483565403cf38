"""Cases about what kind of trade it was: plans, placements, exercises (traps 12-14)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from simulator.casebook import Trade

if TYPE_CHECKING:
    from simulator.casebook import CaseBook, Owner

_PLAN_NOTE = "The sale was made under a Rule 10b5-1 trading plan adopted by the reporting person on March 3, {year}."
_RULE_NOTE = "The reporting person relies on the anti-fraud provisions of Rule 10b-5 and makes no other statement."


def write(book: CaseBook) -> None:
    """Write the cases of this module."""
    _plans(book)
    _purchases(book)
    _exercises(book)


def _plans(book: CaseBook) -> None:
    issuer = book.issuer("Trading Plan Semiconductor Corp", "3674")
    officer = book.owner("Lockridge Camille J.", "Officer", "Chief Financial Officer")
    since_box: tuple[tuple[str, int, str, list[str], str, str], ...] = (
        ("T12-box-true", 0, "1", [], "yes", "the box is ticked"),
        ("T12-box-word", 7, "true", [], "yes", "the box is ticked, as a word"),
        ("T12-box-false", 2, "0", [], "no", "the box is there and not ticked"),
        (
            "T12-footnote-only",
            3,
            "0",
            [_PLAN_NOTE.format(year=2025)],
            "yes",
            "not ticked, but the footnote names the plan",
        ),
        ("T12-rule-10b-5", 4, "0", [_RULE_NOTE], "no", "Rule 10b-5 is about fraud and is not Rule 10b5-1"),
    )
    for case, place, box, notes, expected, why in since_box:
        day = book.day(place)
        if day < date(2023, 4, 1):
            continue
        trade = Trade("S", str(1000 + 10 * place), "150.00", code_notes="F1" if notes else "")
        filing = book.file(book.rows(day, issuer, officer, [trade], box=box, notes=notes))
        source = "footnote" if case == "T12-footnote-only" else "box"
        book.expect(
            case, 12, filing, 1, why, rule_10b5_1_status=expected, rule_10b5_1_source=source, is_signal_trade=True
        )
        if expected == "yes":
            book.expect(case, 12, filing, 1, "sold under a plan: not opportunistic", is_opportunistic=False)
    past = book.past_day(date(2021, 5, 10))
    if past is None:
        return
    before: tuple[tuple[str, list[str], str, str], ...] = (
        ("T12-before-no-word", [], "unknown", "before April 2023 there was no box: unknown, not no"),
        (
            "T12-before-footnote",
            [_PLAN_NOTE.format(year=2021)],
            "yes",
            "before the box, a footnote that names the plan",
        ),
        ("T12-before-rule-10b-5", [_RULE_NOTE], "unknown", "before the box, a footnote about Rule 10b-5 says nothing"),
    )
    for place, (case, notes, expected, why) in enumerate(before):
        trade = Trade("S", str(2000 + place), "61.00", code_notes="F1" if notes else "")
        filing = book.file(book.rows(past, issuer, officer, [trade], notes=notes))
        source = "before_box" if expected == "unknown" else "footnote"
        book.expect(case, 12, filing, 1, why, rule_10b5_1_status=expected, rule_10b5_1_source=source, road="quarterly")


def _purchases(book: CaseBook) -> None:
    issuer = book.issuer("Kinds Of Purchase Restaurants Inc", "5812")
    director = book.owner("Thackeray Miles A.", "Director")
    plan = book.owner("Kinds Of Purchase Restaurants Employee Stock Ownership Plan", "TenPercentOwner")
    placement: dict[str, object] = {
        "is_private_placement": True,
        "is_signal_trade": False,
        "exclusion_reason": "private_placement",
    }
    by_plan: dict[str, object] = {
        "is_plan_purchase": True,
        "is_signal_trade": False,
        "exclusion_reason": "plan_purchase",
    }
    reinvested = by_plan | {"is_dividend_reinvestment": True}
    plain: dict[str, object] = {"is_private_placement": False, "is_plan_purchase": False, "is_signal_trade": True}
    cases: tuple[tuple[str, Owner, str, dict[str, object], str], ...] = (
        (
            "T13-private-placement",
            director,
            "Purchased from the issuer in a private placement under a securities purchase agreement.",
            placement,
            "bought from the issuer, not in the market",
        ),
        (
            "T13-initial-offering",
            director,
            "Purchased in the issuer's initial public offering through the directed share program.",
            {"is_signal_trade": False},
            "an allotment in an offering",
        ),
        ("T13-esop", plan, "", by_plan | {"is_dividend_reinvestment": False}, "the company's own ownership plan buys"),
        (
            "T13-reinvested",
            director,
            "Acquired through the issuer's dividend reinvestment plan.",
            reinvested,
            "dividends reinvested by a plan",
        ),
        ("T13-open-market", director, "Purchased in the open market through a broker.", plain, "an ordinary purchase"),
        (
            "T13-private-foundation",
            director,
            "Held by a private foundation of which the reporting person is a trustee.",
            plain,
            "the word private alone makes no placement",
        ),
    )
    for place, (case, owner, note, expected, why) in enumerate(cases):
        trade = Trade("P", str(500 + 10 * place), f"{24 + place}.10", code_notes="F1" if note else "")
        filing = book.file(book.rows(book.day(1 + place), issuer, owner, [trade], notes=[note] if note else []))
        book.expect(case, 13, filing, 1, why, **expected)


def _exercises(book: CaseBook) -> None:
    issuer = book.issuer("Exercise And Sell Therapeutics Inc", "2834")
    officer = book.owner("Osterberg Julian F.", "Officer", "General Counsel")
    option = Trade("M", "5000", "0", acquired="D", title="Stock Option (Right to Buy)", strike="12.00", after="0")
    trades = [Trade("M", "5000", "12.00", after="25000"), Trade("S", "5000", "40.00", after="20000")]
    filing = book.file(book.rows(book.day(2), issuer, officer, trades, derivatives=[option]))
    why = "options exercised and the same shares sold the same day: one decision, linked"
    book.expect(
        "T14-exercise-and-sell", 14, filing, 2, why, is_exercise_linked=True, is_signal_trade=False,
        exclusion_reason="exercise_linked",
    )  # fmt: skip
    book.expect("T14-exercise-and-sell", 14, filing, 1, "the exercise itself", exclusion_reason="not_open_market")
    other = book.owner("Lydgate Susan B.", "Officer", "SVP, Sales")
    day = book.day(8)
    first = book.file(
        book.rows(day, issuer, other, [Trade("M", "3000", "12.00", day=book.before(day))], derivatives=[option])
    )
    why = "exercised and kept"
    book.expect("T14-exercise-and-hold", 14, first, 1, why, direction=None, is_signal_trade=False)
    seller = book.owner("Colborne Ivan P.", "Officer", "EVP, Operations")
    filing = book.file(book.rows(book.day(9), issuer, seller, [Trade("S", "3000", "41.00")]))
    why = "a sale with no exercise near it"
    book.expect("T14-plain-sale", 14, filing, 1, why, is_exercise_linked=False, is_signal_trade=True)
    cover = [Trade("M", "6000", "12.00", after="15000"), Trade("S", "2300", "41.60", after="12700")]
    filing = book.file(book.rows(book.day(11), issuer, other, cover))
    why = "part of what was exercised that day is sold, to cover taxes and costs"
    book.expect("T14-sell-to-cover", 14, filing, 2, why, is_exercise_linked=True, exclusion_reason="exercise_linked")
    more = [Trade("M", "1000", "12.00", after="13700"), Trade("S", "4000", "41.80", after="9700")]
    filing = book.file(book.rows(book.day(12), issuer, other, more))
    why = "sold more than was exercised that day: somebody decided to sell"
    book.expect("T14-sold-more", 14, filing, 2, why, is_exercise_linked=False, is_signal_trade=True)
    converted = [Trade("X", "2000", "20.00", after="9000"), Trade("S", "2000", "41.50", after="7000")]
    filing = book.file(book.rows(book.day(10), issuer, seller, converted))
    why = "an in-the-money exercise (code X) and sale of the same shares"
    book.expect("T14-code-x", 14, filing, 2, why, is_exercise_linked=True, exclusion_reason="exercise_linked")
