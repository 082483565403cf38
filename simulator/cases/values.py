"""Cases about prices, units and dates (traps 7-10)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from simulator.casebook import Issuer, Trade

if TYPE_CHECKING:
    from simulator.casebook import CaseBook

_SUSPECT = {"price_status": "suspect", "is_usd_usable": False}
_VALID = {"price_status": "valid", "is_usd_usable": True, "is_signal_trade": True}


def write(book: CaseBook) -> None:
    """Write the cases of this module."""
    _totals(book)
    _high_prices(book)
    _depositary_shares(book)
    _missing_prices(book)
    _dates(book)


def _neighbours(book: CaseBook, issuer: Issuer, prices: tuple[str, ...], shares: str = "300") -> None:
    """Ordinary trades of other insiders around the case, so that its price can be compared."""
    for place, price in enumerate(prices):
        owner = book.owner(f"Neighbour {chr(65 + place)}. of {issuer.name.split()[0]}", "Director")
        book.file(book.rows(book.day(place % 5), issuer, owner, [Trade("S", shares, price)]))


def _totals(book: CaseBook) -> None:
    issuer = book.issuer("Total In Price Software Inc", "7372")
    _neighbours(book, issuer, ("240.10", "241.00", "239.55", "240.80", "238.90"))
    owner = book.owner("Beckwith Oscar T.", "Officer", "CEO")
    filing = book.file(book.rows(book.day(3), issuer, owner, [Trade("S", "100012", "24035774")]))
    why = "the total of the sale stands in the price field: the line counts as a trade, its dollars do not"
    book.expect("T07-total-in-price", 7, filing, 1, why, price_usd="24035774", is_signal_trade=True, **_SUSPECT)
    filing = book.file(book.rows(book.day(4), issuer, owner, [Trade("S", "1000", "100000")]))
    why = "$100,000 a share times 1,000 where the stock trades at $240"
    book.expect("T07-round-total", 7, filing, 1, why, is_signal_trade=True, **_SUSPECT)
    filing = book.file(book.rows(book.day(9), issuer, owner, [Trade("S", "5100", "5100")]))
    why = "the number of shares stands in the price field"
    book.expect("T07-shares-in-price", 7, filing, 1, why, is_signal_trade=True, **_SUSPECT)
    filing = book.file(book.rows(book.day(10), issuer, owner, [Trade("S", "2000", "242.25")]))
    book.expect("T07-plain-price", 7, filing, 1, "the same seller at an ordinary price", **_VALID)


def _high_prices(book: CaseBook) -> None:
    issuer = book.issuer("Six Figure Holdings Insurance Group Inc", "6331")
    prices = ("604100.00", "606250.50", "603900.00", "607000.00")
    _neighbours(book, issuer, prices, shares="2")
    owner = book.owner("Abernathy Helen C.", "Director")
    filing = book.file(book.rows(book.day(5), issuer, owner, [Trade("P", "3", "605480.00")]))
    book.expect("T07-six-figure-price", 7, filing, 1, "a share that really trades above $600,000", **_VALID)

    issuer = book.issuer("Twenty For One Stores Inc", "5961")
    day = book.early_day
    before = [
        book.file(book.rows(day, issuer, book.owner(f"Presplit {letter}.", "Director"), [Trade("S", "90", price)]))
        for letter, price in (("A", "3300.24"), ("B", "3281.15"), ("C", "3310.00"))
    ]
    after = [
        book.file(
            book.rows(book.day(4), issuer, book.owner(f"Postsplit {letter}.", "Director"), [Trade("S", "1800", price)])
        )
        for letter, price in (("A", "165.10"), ("B", "164.40"), ("C", "166.00"))
    ]
    why = "$3,300 before a 20-for-1 split and $165 long after it are both right; no split-adjusted close says so"
    book.expect("T07-before-split", 7, before[0], 1, why, **_VALID)
    book.expect("T07-after-split", 7, after[0], 1, why, **_VALID)


def _depositary_shares(book: CaseBook) -> None:
    issuer = book.issuer("Depositary Mismatch Motors Corp", "3714")
    owner = book.owner("Salisbury Holdings Ltd", "TenPercentOwner")
    _neighbours(book, issuer, ("40.10", "39.60", "40.25"))
    note = (
        "The price is for one American Depositary Share (ADS). Each ADS represents 5,000 ordinary shares; the "
        "number of shares is of ordinary shares."
    )
    filing = book.file(
        book.rows(
            book.day(4), issuer, owner,
            [Trade("P", "215000000", "40.00", title="Ordinary Shares", after="900000000", price_notes="F1")],
            notes=[note],
        )
    )  # fmt: skip
    why = "ordinary shares times a price per ADS is $8.6 billion for what cost $1.7 million"
    book.expect("T08-ads-mismatch", 8, filing, 1, why, **_SUSPECT)
    issuer = book.issuer("Depositary Plain Pharma Inc", "2834")
    owner = book.owner("Cranmer Simon K.", "Director")
    note = "Represents American Depositary Shares (ADS); each ADS represents ten ordinary shares."
    trade = Trade("P", "2000", "14.10", title="American Depositary Shares", price_notes="F1")
    filing = book.file(book.rows(book.day(6), issuer, owner, [trade], notes=[note]))
    book.expect("T08-ads-plain", 8, filing, 1, "ADS bought at a price per ADS: nothing is wrong", **_VALID)


def _missing_prices(book: CaseBook) -> None:
    issuer = book.issuer("Footnote Price Resources Inc", "1311")
    owner = book.owner("Drayton Rosa M.", "Director")
    note = "The shares were bought at prices described in the reporting person's letter to the issuer."
    filing = book.file(book.rows(book.day(2), issuer, owner, [Trade("P", "900", None, price_notes="F1")], notes=[note]))
    why = "the price is a footnote without a number: it stays null, the trade counts, its dollars do not"
    book.expect(
        "T09-price-in-footnote", 9, filing, 1, why, price_usd=None, price_status="unknown", is_usd_usable=False,
        is_signal_trade=True,
    )  # fmt: skip
    note = (
        "The price is a weighted average. The shares were bought in several transactions at prices ranging from "
        "$17.02 to $17.98, inclusive."
    )
    filing = book.file(
        book.rows(book.day(8), issuer, owner, [Trade("P", "700", "17.5512", price_notes="F1")], notes=[note])
    )
    why = "a weighted average inside the range its footnote gives"
    book.expect("T09-weighted-average", 9, filing, 1, why, price_usd="17.5512", **_VALID)
    filing = book.file(book.rows(book.day(9), issuer, owner, [Trade("S", "400", "0", acquired="D")]))
    why = "a sale at no price: what it fetched is not known"
    book.expect("T09-zero-price", 9, filing, 1, why, is_usd_usable=False)


def _dates(book: CaseBook) -> None:
    issuer = book.issuer("Impossible Date Therapeutics Inc", "2836")
    owner = book.owner("Eldridge Hector L.", "Director")
    filed = book.day(9)
    wrong = date(filed.year + 9, 1, 10)
    filing = book.file(
        book.rows(filed, issuer, owner, [Trade("P", "1500", "6.20", day=wrong)], period=book.before(filed))
    )
    why = "a trade nine years after its filing: the date is kept as filed and the line is out"
    bad = {"date_status": "suspect", "is_signal_trade": False, "exclusion_reason": "date_not_valid"}
    book.expect("T10-future-year", 10, filing, 1, why, transaction_date=wrong, **bad)
    filing = book.file(
        book.rows(
            book.day(3), issuer, owner, [Trade("P", "1400", "6.10", day_text="15-DEC-0025")],
            period=book.before(book.day(3)),
        )
    )  # fmt: skip
    why = "a year of two digits became the year 25"
    book.expect("T10-year-25", 10, filing, 1, why, **bad)
    late = book.day(5) - timedelta(days=400)
    filing = book.file(book.rows(book.day(5), issuer, owner, [Trade("P", "1200", "5.90", day=late)]))
    why = "reported thirteen months late: bad manners, but a possible date"
    book.expect("T10-late-report", 10, filing, 1, why, date_status="valid", transaction_date=late)
    filing = book.file(book.rows(book.day(6), issuer, owner, [Trade("P", "1100", "6.00", day=book.day(6))]))
    why = "traded and reported on one day"
    book.expect("T10-same-day", 10, filing, 1, why, date_status="valid", is_signal_trade=True)
