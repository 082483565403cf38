"""Cases about amendments and filings that vanish (trap 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import TYPE_CHECKING

from simulator.casebook import CASE_AGENT, CaseFiling, Holding, Issuer, Owner, Trade

if TYPE_CHECKING:
    from simulator.casebook import CaseBook

_KEPT = {"is_superseded": False, "superseded_by_accession_number": None, "known_to": None, "is_signal_trade": True}


def write(book: CaseBook) -> None:
    """Write the cases of this module."""
    _restated(book)
    _holdings_only(book)
    _chain(book)
    _before_its_original(book)
    _one_of_two(book)
    _mistyped_date(book)
    _added_trade(book)
    _added_lot(book)
    _one_row_at_a_common_price(book)
    _other_family(book)
    _other_owner(book)
    _across_quarters(book)
    _after_the_cut_off(book)
    _withdrawn(book)


def _superseded(
    book: CaseBook, case: str, old: CaseFiling, line: int, new: CaseFiling, why: str, confidence: str = "exact"
) -> None:
    book.expect(
        case, 4, old, line, why, is_superseded=True, superseded_by_accession_number=new.accession,
        known_from=old.rows.accepted.date(), known_to=new.rows.accepted.date(), is_signal_trade=False,
        exclusion_reason="superseded", supersession_confidence=confidence,
    )  # fmt: skip


def _parties(book: CaseBook, name: str, sic: str, person: str) -> tuple[Issuer, Owner]:
    return book.issuer(name, sic), book.owner(person, "Director")


def _restated(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Amended Once Energy Corp", "1381", "Radcliffe Grace L.")
    traded = book.before(book.day(0))
    trade = Trade("P", "1000", "44.00", day=traded)
    first = book.file(book.rows(book.day(0), issuer, owner, [trade]))
    second = book.file(
        book.rows(book.day(5), issuer, owner, [replace(trade, shares="10000")], form="4/A", original=book.day(0))
    )
    why = "the amendment restates the number of shares"
    _superseded(book, "T04-restated", first, 1, second, why)
    book.expect(
        "T04-restated", 4, second, 1, why, share_count=10000, known_from=book.day(5), is_amendment=True, **_KEPT
    )


def _holdings_only(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Amended Holdings Gas & Power Co", "4924", "Norcross Alice T.")
    first = book.file(book.rows(book.day(1), issuer, owner, [Trade("P", "2000", "27.00")]))
    second = book.file(
        book.rows(
            book.day(4), issuer, owner, holdings=[Holding("7700", "I", "By Trust")], form="4/A", original=book.day(1)
        )
    )
    why = "the amendment adds a holding and restates no trade: the original stands"
    book.expect("T04-holdings-only", 4, first, 1, why, **_KEPT)
    book.expect("T04-holdings-only", 4, second, None, why, row_count=0)


def _chain(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Amended Twice Systems Inc", "7373", "Fairbairn Joel N.")
    trade = Trade("S", "3000", "88.00", day=book.before(book.day(0)))
    first = book.file(book.rows(book.day(0), issuer, owner, [trade]))
    second = book.file(
        book.rows(book.day(3), issuer, owner, [replace(trade, shares="3100")], form="4/A", original=book.day(0))
    )
    third = book.file(
        book.rows(book.day(9), issuer, owner, [replace(trade, shares="3200")], form="4/A", original=book.day(0))
    )
    why = "an amendment of an amendment: each is superseded by the next, the last one stands"
    _superseded(book, "T04-chain", first, 1, second, why)
    _superseded(book, "T04-chain", second, 1, third, why)
    book.expect("T04-chain", 4, third, 1, why, share_count=3200, **_KEPT)


def _before_its_original(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Amended Same Day Foods Inc", "2000", "Alderson Philip J.")
    day = book.day(10)
    trade = Trade("P", "600", "51.00", day=book.before(day, 2))
    # A lower accession number than the original's, so it comes first in every sorted listing and load.
    early = f"0009999998-{day:%y}-000001"
    second = book.file(
        book.rows(
            day, issuer, owner, [replace(trade, price="50.10")], form="4/A", original=day, accession=early,
            accepted=time(18, 20),
        )
    )  # fmt: skip
    first = book.file(book.rows(day, issuer, owner, [trade], accepted=time(16, 5)))
    assert early < first.accession and first.accession.startswith(CASE_AGENT)  # noqa: S101, PT018 - the case's point
    why = "sorts before its original and was accepted after it, on one day: arrival must not matter"
    _superseded(book, "T04-amendment-first", first, 1, second, why)
    book.expect("T04-amendment-first", 4, second, 1, why, price_usd="50.10", **_KEPT)


def _one_of_two(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Amended Half Insurance Group Inc", "6331", "Jernigan Sonia R.")
    one = Trade("P", "400", "71.00", day=book.before(book.day(0)))
    two = Trade("P", "900", "72.00", day=book.day(0))
    first = book.file(book.rows(book.day(0), issuer, owner, [one, two]))
    second = book.file(
        book.rows(book.day(6), issuer, owner, [replace(two, shares="950")], form="4/A", original=book.day(0))
    )
    why = "two trades on two days; the amendment restates the second day only"
    book.expect("T04-one-of-two", 4, first, 1, why, **_KEPT)
    _superseded(book, "T04-one-of-two", first, 2, second, why)
    book.expect("T04-one-of-two", 4, second, 1, why, share_count=950, **_KEPT)


def _mistyped_date(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Amended Typo Stores Inc", "5651", "Huxtable Eric W.")
    trade = Trade("S", "5000", "19.00", day=book.before(book.day(1)))
    first = book.file(book.rows(book.day(1), issuer, owner, [trade]))
    second = book.file(
        book.rows(
            book.day(5), issuer, owner, [replace(trade, price="19.35")], form="4/A",
            original=book.before(book.day(1)),
        )
    )  # fmt: skip
    why = "the date of the original is typed a day off; issuer, owner and trade date still match"
    _superseded(book, "T04-mistyped-date", first, 1, second, why, "probable")
    book.expect("T04-mistyped-date", 4, second, 1, why, **_KEPT)


def _added_trade(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Amended Addition Mining Corp", "1040", "Quennell Diana O.")
    first = book.file(book.rows(book.day(2), issuer, owner, [Trade("P", "800", "13.00", day=book.day(1))]))
    second = book.file(
        book.rows(
            book.day(4), issuer, owner, [Trade("P", "300", "12.40", day=book.day(0))], form="4/A", original=book.day(2)
        )
    )
    why = "the amendment adds a forgotten trade of another day and restates nothing"
    book.expect("T04-added-trade", 4, first, 1, why, **_KEPT)
    book.expect("T04-added-trade", 4, second, 1, why, **_KEPT)


def _added_lot(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Amended Second Lot Paper Co", "2621", "Ellsworth Norman Y.")
    lot = Trade("S", "4000", "24.00", day=book.before(book.day(1)), after="16000")
    first = book.file(book.rows(book.day(1), issuer, owner, [lot]))
    forgotten = replace(lot, shares="1500", price="24.30", after="14500")
    second = book.file(book.rows(book.day(3), issuer, owner, [forgotten], form="4/A", original=book.day(1)))
    why = "the amendment adds the day's second lot, which begins where the first one ended, and restates nothing"
    book.expect("T04-added-lot", 4, first, 1, why, **_KEPT)
    book.expect("T04-added-lot", 4, second, 1, why, **_KEPT)


def _one_row_at_a_common_price(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Amended Limit Price Devices Inc", "3669", "Tremaine Olive K.")
    lots = [
        Trade("S", shares, "52.00", day=book.before(book.day(2)), after=after)
        for shares, after in (("1000", "9000"), ("2000", "7000"), ("3000", "4000"))
    ]
    first = book.file(book.rows(book.day(2), issuer, owner, lots))
    corrected = replace(lots[1], shares="2100", after="6900")
    second = book.file(book.rows(book.day(6), issuer, owner, [corrected], form="4/A", original=book.day(2)))
    why = "three lots at one limit price; the amendment corrects the second and nothing else"
    book.expect("T04-one-row", 4, first, 1, why, **_KEPT)
    _superseded(book, "T04-one-row", first, 2, second, why)
    book.expect("T04-one-row", 4, first, 3, why, **_KEPT)
    book.expect("T04-one-row", 4, second, 1, why, share_count=2100, **_KEPT)


def _other_family(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Amended Family Networks Inc", "4841", "Wyndham Judith E.")
    traded = book.before(book.day(0))
    trade = Trade("S", "2500", "61.00", day=traded)
    four = book.file(book.rows(book.day(0), issuer, owner, [trade]))
    gift = Trade("G", "100", "0", day=traded)
    five = book.file(book.rows(book.day(3), issuer, owner, [gift], form="5"))
    again = book.file(
        book.rows(book.day(7), issuer, owner, [replace(gift, shares="150")], form="5/A", original=book.day(3))
    )
    why = "an amendment of a Form 5 restates the Form 5, never a Form 4 of the same trade date"
    book.expect("T04-form-family", 4, four, 1, why, **_KEPT)
    book.expect("T04-form-family", 4, five, 1, why, is_superseded=True, superseded_by_accession_number=again.accession)


def _other_owner(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Amended Neighbour Logistics Inc", "4213", "Balfour Marcus V.")
    other = book.owner("Danforth Lydia I.", "Director")
    trade = Trade("P", "1100", "39.00", day=book.before(book.day(0)), after="8000")
    first = book.file(book.rows(book.day(0), issuer, owner, [trade]))
    beside = book.file(book.rows(book.day(0), issuer, other, [replace(trade, shares="1700", after="2600")]))
    again = book.file(
        book.rows(book.day(4), issuer, owner, [replace(trade, shares="1150")], form="4/A", original=book.day(0))
    )
    why = "another owner's trade of the same day at the same price is not restated"
    _superseded(book, "T04-other-owner", first, 1, again, why)
    book.expect("T04-other-owner", 4, beside, 1, why, **_KEPT)


def _across_quarters(book: CaseBook) -> None:
    day = book.past_day(date(2024, 3, 20))
    later = book.past_day(date(2024, 4, 10))
    if day is None or later is None:
        return
    issuer, owner = _parties(book, "Amended Next Quarter Chemicals Inc", "2860", "Seabrook Tobias A.")
    trade = Trade("S", "8000", "47.00", day=book.before(day))
    first = book.file(book.rows(day, issuer, owner, [trade]))
    second = book.file(book.rows(later, issuer, owner, [replace(trade, shares="800")], form="4/A", original=day))
    why = "original and amendment lie in the sets of two quarters; between the two days the original was what one knew"
    _superseded(book, "T04-across-quarters", first, 1, second, why)
    book.expect("T04-across-quarters", 4, second, 1, why, share_count=800, road="quarterly", **_KEPT)


def _after_the_cut_off(book: CaseBook) -> None:
    edges = [
        day
        for day, following in zip(book.days, book.days[1:], strict=False)
        if (day.month - 1) // 3 != (following.month - 1) // 3
    ]
    if not edges:
        return
    day = edges[-1]
    following = book.days[book.days.index(day) + 1]
    issuer, owner = _parties(book, "Late Evening Medical Corp", "3845", "Vandermeer Paul Q.")
    trade = Trade("P", "1300", "23.00", day=day)
    first = book.file(book.rows(day, issuer, owner, [trade], accepted=time(18, 10, 30)))
    second = book.file(book.rows(following, issuer, owner, [replace(trade, shares="1350")], form="4/A", original=day))
    why = "accepted after 17:30 on the quarter's last business day: that filing date, but the next quarter's set"
    _superseded(book, "T04-after-cut-off", first, 1, second, why)
    book.expect("T04-after-cut-off", 4, first, 1, why, filed_date=day)


def _withdrawn(book: CaseBook) -> None:
    issuer, owner = _parties(book, "Withdrawn Filing Software Inc", "7372", "Rochford Emma D.")
    gone = book.file(
        book.rows(book.day(11), issuer, owner, [Trade("P", "6000", "35.00")]), in_quarterly=False, index_versions=[1]
    )
    why = "listed in the first version of the index and not in the one rebuilt on Saturday: kept, flagged, not counted"
    book.expect(
        "V2-withdrawn", 4, gone, 1, why, is_withdrawn=True, is_signal_trade=False, exclusion_reason="withdrawn",
        withdrawn_known_from="not null", known_to="not null",
    )  # fmt: skip
    stays = book.file(book.rows(book.day(11), issuer, owner, [Trade("P", "150", "35.10")]))
    book.expect("V2-stays", 4, stays, 1, "listed in both versions", is_withdrawn=False, is_signal_trade=True)
    late = book.file(
        book.rows(book.day(11), issuer, owner, [Trade("P", "175", "35.20")], accepted=time(21, 40)), index_versions=[2]
    )
    why = "added to the index when it was rebuilt: found by looking back"
    book.expect("V2-late-line", 4, late, 1, why, is_withdrawn=False, is_signal_trade=True)
