"""Cases about prices, units, dates, holdings and what a line is worth (traps 3, 6-10)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from simulator.casebook import Issuer, Trade

if TYPE_CHECKING:
    from simulator.casebook import CaseBook, CaseFiling

_SUSPECT = {"price_status": "suspect", "is_usd_usable": False}
_VALID = {"price_status": "valid", "is_usd_usable": True, "is_signal_trade": True}


def write(book: CaseBook) -> None:
    """Write the cases of this module."""
    _totals(book)
    _high_prices(book)
    _depositary_shares(book)
    _missing_prices(book)
    _dates(book)
    _slips(book)
    _price_notes(book)
    _put_right(book)
    _holdings(book)
    _securities(book)
    _totals_everywhere(book)
    _exercise_prices(book)


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
    book.expect(
        "T07-total-in-price", 7, filing, 1, why, price_usd="24035774", is_signal_trade=True,
        price_reason_code="total_in_price", cleanse_grade="C", **_SUSPECT,
    )  # fmt: skip
    filing = book.file(book.rows(book.day(4), issuer, owner, [Trade("S", "1000", "100000")]))
    why = "$100,000 a share times 1,000 where the stock trades at $240"
    book.expect("T07-round-total", 7, filing, 1, why, is_signal_trade=True, **_SUSPECT)
    filing = book.file(book.rows(book.day(9), issuer, owner, [Trade("S", "5100", "5100")]))
    why = "the number of shares stands in the price field"
    book.expect(
        "T07-shares-in-price", 7, filing, 1, why, is_signal_trade=True, price_reason_code="shares_in_price", **_SUSPECT
    )
    filing = book.file(book.rows(book.day(10), issuer, owner, [Trade("S", "2000", "242.25")]))
    book.expect("T07-plain-price", 7, filing, 1, "the same seller at an ordinary price", cleanse_grade="A", **_VALID)


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
    book.expect(
        "T08-ads-mismatch", 8, filing, 1, why, price_reason_code="depositary_unit_mismatch", security_class="common",
        **_SUSPECT,
    )  # fmt: skip
    issuer = book.issuer("Depositary Plain Pharma Inc", "2834")
    owner = book.owner("Cranmer Simon K.", "Director")
    note = "Represents American Depositary Shares (ADS); each ADS represents ten ordinary shares."
    trade = Trade("P", "2000", "14.10", title="American Depositary Shares", price_notes="F1")
    filing = book.file(book.rows(book.day(6), issuer, owner, [trade], notes=[note]))
    book.expect("T08-ads-plain", 8, filing, 1, "ADS bought at a price per ADS: nothing is wrong", **_VALID)
    book.expect("T08-ads-plain", 8, filing, 1, "the title names them", security_class="depositary_share")


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
    book.expect(
        "T09-weighted-average", 9, filing, 1, why, price_usd="17.5512", is_weighted_average_price=True,
        price_range_low_usd="17.02", price_range_high_usd="17.98", is_price_outside_own_range=False,
        cleanse_grade="B", cleanse_reason="weighted_average_price", **_VALID,
    )  # fmt: skip
    filing = book.file(book.rows(book.day(9), issuer, owner, [Trade("S", "400", "0", acquired="D")]))
    why = "a sale at no price: what it fetched is not known"
    book.expect("T09-zero-price", 9, filing, 1, why, is_usd_usable=False)


def _dates(book: CaseBook) -> None:
    issuer = book.issuer("Impossible Date Therapeutics Inc", "2836")
    owner = book.owner("Eldridge Hector L.", "Director")
    filed = book.day(9)
    # Half a year off the period in month and day too, so that nothing tells what was meant.
    wrong = (book.before(filed) + timedelta(days=183)).replace(year=filed.year + 9)
    filing = book.file(
        book.rows(filed, issuer, owner, [Trade("P", "1500", "6.20", day=wrong)], period=book.before(filed))
    )
    why = "a trade nine years after its filing: the date is kept as filed and the line is out"
    bad = {
        "filing_delay_business_days": None,
        "is_late": None,
        "date_status": "suspect",
        "is_signal_trade": False,
        "exclusion_reason": "date_not_valid",
    }
    book.expect(
        "T10-future-year", 10, filing, 1, why, transaction_date=wrong, is_corrected=False, cleanse_grade="X", **bad
    )
    filing = book.file(
        book.rows(
            book.day(3), issuer, owner, [Trade("P", "1400", "6.10", day_text="15-AUG-0025")],
            period=book.before(book.day(3)),
        )
    )  # fmt: skip
    why = "a year of two digits became the year 25"
    book.expect("T10-year-25", 10, filing, 1, why, **bad)
    late = book.day(5) - timedelta(days=400)
    filing = book.file(book.rows(book.day(5), issuer, owner, [Trade("P", "1200", "5.90", day=late)]))
    why = "reported thirteen months late: bad manners, but a possible date"
    book.expect("T10-late-report", 10, filing, 1, why, date_status="valid", transaction_date=late, is_late=True)
    for place, (count, late_by_then) in enumerate(((2, False), (3, True))):
        filing = book.file(
            book.rows(
                book.day(6), issuer, owner, [Trade("P", str(1210 + place), "6.00", day=book.before(book.day(6), count))]
            )
        )
        why = f"filed {count} business days after the trade; two are allowed"
        book.expect(
            f"T10-filed-after-{count}-days", 10, filing, 1, why, filing_delay_business_days=count, is_late=late_by_then
        )
    filing = book.file(book.rows(book.day(6), issuer, owner, [Trade("P", "1100", "6.00", day=book.day(6))]))
    why = "traded and reported on one day"
    book.expect("T10-same-day", 10, filing, 1, why, date_status="valid", is_signal_trade=True)


def _slips(book: CaseBook) -> None:
    issuer = book.issuer("Lost Point Instruments Inc", "3823")
    _neighbours(book, issuer, ("52.10", "51.80", "52.40", "52.05", "51.95"))
    owner = book.owner("Featherstone Ida R.", "Officer", "CFO")
    filing = book.file(book.rows(book.day(6), issuer, owner, [Trade("S", "740", "52150")]))
    why = "52.150 without its point"
    book.expect("T07-decimal-point", 7, filing, 1, why, price_reason_code="decimal_point_moved", **_SUSPECT)
    filing = book.file(book.rows(book.day(7), issuer, owner, [Trade("S", "2600", "301.40")]))
    why = "six times what everybody else got; no stock of fifty dollars does that in a quarter"
    book.expect("T07-six-times", 7, filing, 1, why, price_reason_code="far_above_issuer_prices", **_SUSPECT)
    filing = book.file(book.rows(book.day(8), issuer, owner, [Trade("S", "9000", "1.15")]))
    why = "the exercise price of an option in a sale"
    book.expect("T07-option-price", 7, filing, 1, why, price_reason_code="far_below_issuer_prices", **_SUSPECT)
    filing = book.file(book.rows(book.day(9), issuer, owner, [Trade("S", "600", "104.20")]))
    book.expect("T07-doubled", 7, filing, 1, "a price that doubled is a price", **_VALID)

    issuer = book.issuer("Reverse Split Mobility Corp", "3711")
    _neighbours(book, issuer, ("0.31", "0.29", "0.30"), shares="4000")
    owner = book.owner("Gainsborough Lyle", "Director")
    filing = book.file(book.rows(book.day(8), issuer, owner, [Trade("P", "450", "30.86")]))
    book.expect("T07-reverse-split", 7, filing, 1, "a hundred times the price after a split of 1 for 100", **_VALID)


def _price_notes(book: CaseBook) -> None:
    issuer = book.issuer("Average Price Logistics Inc", "4210")
    owner = book.owner("Hathersage Quentin", "Director")

    def note(place: int, price: str, text: str) -> CaseFiling:
        trade = Trade("S", "1500", price, price_notes="F1")
        return book.file(book.rows(book.day(place), issuer, owner, [trade], notes=[text]))

    filing = note(
        3, "33.2140", "Executed in several trades between $33.01 and $33.45; the price is the average sale price."
    )
    book.expect(
        "T09-range-in-words", 9, filing, 1, "a range in other words", is_weighted_average_price=True,
        price_range_low_usd="33.01", price_range_high_usd="33.45", **_VALID,
    )  # fmt: skip
    filing = note(4, "34.10", "A weighted average of sales at prices that ranged from $33.10 to $33.95 per share.")
    why = "half a percent above its own range: one of the two is a slip, and the dollars are near enough"
    book.expect(
        "T09-just-outside-range", 9, filing, 1, why, is_price_outside_own_range=True, cleanse_grade="B",
        cleanse_reason="price_outside_own_range", **_VALID,
    )  # fmt: skip
    filing = note(5, "43.55", "A weighted average of sales at prices that ranged from $33.10 to $33.95 per share.")
    why = "thirty percent above its own range"
    book.expect("T09-far-outside-range", 9, filing, 1, why, price_reason_code="price_outside_own_range", **_SUSPECT)
    filing = note(6, "33.60", "A weighted average price; details are provided upon request.")
    book.expect(
        "T09-average-without-range", 9, filing, 1, "an average without a range", is_weighted_average_price=True,
        price_range_low_usd=None, price_range_high_usd=None, **_VALID,
    )  # fmt: skip

    issuer = book.issuer("Two Currencies Timber Ltd", "2421")
    owner = book.owner("Isherwood Camille", "Director")
    filing = note(3, "7.42", "The shares were sold on the Toronto Stock Exchange at C$7.42 per share.")
    why = "the number filed is the one in Canadian dollars"
    book.expect("T09-foreign-currency", 9, filing, 1, why, price_reason_code="foreign_currency", **_SUSPECT)
    filing = note(4, "7.38", "Weighted average price, reported in Canadian dollars; sold at C$7.30 to C$7.45.")
    why = "the filer says so, and a range in Canadian dollars is no range in dollars"
    book.expect(
        "T09-foreign-range",
        9,
        filing,
        1,
        why,
        price_reason_code="foreign_currency",
        price_range_low_usd=None,
        **_SUSPECT,
    )
    filing = note(5, "5.46", "The price of C$7.50 was converted at an exchange rate of C$1.3736 to US$1.00.")
    book.expect("T09-converted-currency", 9, filing, 1, "converted to dollars, as it should be", **_VALID)


def _put_right(book: CaseBook) -> None:
    issuer = book.issuer("Mistyped Year Biologics Inc", "2836")
    owner = book.owner("Jellicoe Ramona", "Director")
    filed = book.day(7)
    eve = book.before(filed)
    wrong = date(eve.year + 10, eve.month, min(eve.day, 28))
    right = wrong.replace(year=eve.year)
    filing = book.file(book.rows(filed, issuer, owner, [Trade("P", "2500", "8.15", day=wrong)], period=right))
    why = "ten years ahead of the period of report: only the year is wrong"
    fine = {"date_status": "suspect", "is_corrected": True, "is_signal_trade": True, "cleanse_grade": "C"}
    book.expect(
        "T10-year-put-right", 10, filing, 1, why, transaction_date=wrong, transaction_date_corrected=right,
        correction_source="rule", **fine,
    )  # fmt: skip
    filed = book.day(8)
    right = book.before(filed).replace(day=min(book.before(filed).day, 28))
    wrong = right.replace(year=right.year - 1)
    filing = book.file(book.rows(filed, issuer, owner, [Trade("P", "2400", "8.05", day=wrong)], period=right))
    why = "the day of the period of report in the year before: the old year out of habit"
    book.expect(
        "T10-last-year", 10, filing, 1, why, transaction_date=wrong, transaction_date_corrected=right,
        date_reason_code="year_differs_from_period", **fine,
    )  # fmt: skip
    filed = book.day(9)
    taken = book.before(filed).replace(day=min(book.before(filed).day, 28))
    wrong = (taken + timedelta(days=200)).replace(year=taken.year + 9)
    trades = [Trade("P", "300", "8.20", day=taken), Trade("P", "400", "8.22", day=wrong)]
    filing = book.file(book.rows(filed, issuer, owner, trades, period=taken))
    why = "the other line has the date of the period, so nothing tells what was meant"
    book.expect(
        "T10-not-put-right", 10, filing, 2, why, transaction_date=wrong, transaction_date_corrected=None,
        is_corrected=False, exclusion_reason="date_not_valid", cleanse_grade="X",
    )  # fmt: skip


def _holdings(book: CaseBook) -> None:
    issuer = book.issuer("Holding Arithmetic Foods Inc", "2040")
    owner = book.owner("Kirkwall Bettina", "Director")
    trades = [
        Trade("P", "200", "20.00", after="1200"),
        Trade("P", "500", "20.00", after="2500", direct="I", nature="By trust"),
    ]
    filing = book.file(book.rows(book.day(3), issuer, owner, trades))
    why = "a fifth more than the 1,000 held directly"
    book.expect(
        "T03-holding-direct", 3, filing, 1, why, share_count_owned_before="1000", change_in_holding_share="0.2",
        holding_reason_code=None,
    )  # fmt: skip
    why = "a quarter more than the trust's 2,000; the director's own shares are another holding"
    book.expect(
        "T03-holding-indirect", 3, filing, 2, why, share_count_owned_before="2000", change_in_holding_share="0.25"
    )
    filing = book.file(book.rows(book.day(4), issuer, owner, [Trade("S", "1200", "20.10", after="0")]))
    why = "everything is sold"
    book.expect("T03-holding-sold", 3, filing, 1, why, share_count_owned_before="1200", change_in_holding_share="-1")
    other = book.owner("Lanyon Ferdinand", "Director")
    filing = book.file(book.rows(book.day(5), issuer, other, [Trade("P", "800", "20.20", after="800")]))
    why = "a first purchase has no share of nothing"
    book.expect(
        "T03-holding-new", 3, filing, 1, why, share_count_owned_before="0", change_in_holding_share=None,
        holding_reason_code="new_position",
    )  # fmt: skip
    filing = book.file(book.rows(book.day(6), issuer, other, [Trade("P", "900", "20.30", after="700")]))
    why = "fewer shares afterwards than were bought cannot be"
    book.expect(
        "T03-holding-impossible", 3, filing, 1, why, share_count_owned_before=None, change_in_holding_share=None,
        holding_reason_code="impossible_negative", cleanse_grade="B", cleanse_reason="holding_impossible",
    )  # fmt: skip


def _securities(book: CaseBook) -> None:
    issuer = book.issuer("Many Papers Partners LP", "4922")
    owner = book.owner("Mulholland Sable Fund", "TenPercentOwner")
    trades = [
        Trade("P", "1000", "25.10", title="Common Units representing limited partner interests"),
        Trade("P", "1000", "24.80", title="Series A Preferred Units"),
        Trade("P", "1000", "25.00", title="Common Stock", swap=True),
    ]
    filing = book.file(book.rows(book.day(4), issuer, owner, trades))
    book.expect("T06-units", 6, filing, 1, "units of a partnership", security_class="unit", is_equity_swap=False)
    book.expect(
        "T06-preferred", 6, filing, 2, "preferred, whatever the form of the company", security_class="preferred"
    )
    why = "exposure through an equity swap is marked, not left out"
    book.expect(
        "T06-swap", 6, filing, 3, why, security_class="common", is_equity_swap=True, is_signal_trade=True,
        cleanse_grade="B", cleanse_reason="equity_swap",
    )  # fmt: skip


def _totals_everywhere(book: CaseBook) -> None:
    issuer = book.issuer("Every Total Dental Corp", "3843")
    owner = book.owner("Penhaligon Marcus", "TenPercentOwner")

    def sale(place: int, shares: str, price: str) -> CaseFiling:
        return book.file(book.rows(book.day(place), issuer, owner, [Trade("S", shares, price)]))

    filing = sale(2, "1510", "3756.66")
    why = "the first total of its kind: nothing known by then speaks against $3,757 a share"
    book.expect("T07-first-total", 7, filing, 1, why, **_VALID)
    why = "every filing of the issuer has the total as its price: it grows with the shares, 2.47 dollars for each"
    for place, shares, price in ((5, "4533", "11206.64"), (8, "911", "2096.30"), (10, "12500", "28750.00")):
        filing = sale(place, shares, price)
        book.expect(
            f"T07-every-total-of-{shares}", 7, filing, 1, why, is_signal_trade=True, price_reason_code="total_in_price",
            cleanse_grade="C", **_SUSPECT,
        )  # fmt: skip

    issuer = book.issuer("Dear Share Homes Inc", "1531")
    why = "a share that trades near $2,400, in lots of all sizes"
    for place, (shares, price) in enumerate((("120", "2401.10"), ("700", "2388.05"), ("2500", "2440.75"))):
        seller = book.owner(f"Quillinan {chr(65 + place)}.", "Director")
        filing = book.file(book.rows(book.day(3 + 2 * place), issuer, seller, [Trade("S", shares, price)]))
        book.expect("T07-dear-share", 7, filing, 1, why, **_VALID)


def _exercise_prices(book: CaseBook) -> None:
    issuer = book.issuer("Strike Typed Imaging Inc", "3845")
    _neighbours(book, issuer, ("9.10", "9.05", "10.20", "9.80"))
    owner = book.owner("Ravenscroft Delia", "Officer", "CFO")
    trades = [Trade("M", "6500", "1.99", after="16500"), Trade("S", "1100", "1.99", after="15400")]
    filing = book.file(book.rows(book.day(6), issuer, owner, trades))
    why = "the sale has the exercise price of its own filing, where everybody else got nine dollars"
    wrong = {"price_reason_code": "exercise_price_typed", "cleanse_grade": "C", **_SUSPECT}
    book.expect("T07-exercise-price", 7, filing, 2, why, **wrong)
    option = Trade("M", "800", "0", acquired="D", title="Stock Option (Right to Buy)", strike="3.25", after="0")
    trades = [Trade("M", "800", None, after="16200"), Trade("S", "800", "3.25", after="15400")]
    filing = book.file(book.rows(book.day(8), issuer, owner, trades, derivatives=[option]))
    why = "the same, where only the option's own line tells what the exercise cost"
    book.expect("T07-strike-price", 7, filing, 2, why, **wrong)
    trades = [Trade("M", "700", "9.40", after="16100"), Trade("S", "700", "9.40", after="15400")]
    filing = book.file(book.rows(book.day(10), issuer, owner, trades))
    why = "options exercised and sold at one price, and it is the market's"
    book.expect("T07-exercise-at-market", 7, filing, 2, why, price_status="valid", price_reason_code=None)
