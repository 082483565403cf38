"""Cases about companies: SIC codes in time, codes that mislead, symbols used twice (traps 15-17, 23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.casebook import Trade

if TYPE_CHECKING:
    from simulator.casebook import CaseBook


def write(book: CaseBook) -> None:
    """Write the cases of this module."""
    _codes_change(book)
    _codes_mislead(book)
    _names_and_symbols(book)


def _codes_change(book: CaseBook) -> None:
    issuer = book.issuer("Shell Turned Maker Motors Corp", "3711")
    owner = book.owner("Tarkington Zoe H.", "Director")
    why = "a blank-check company until its merger: each filing keeps the code assigned on its day"
    for place, sic, name, sector in (
        (1, "6770", "Shell Acquisition Corp", "Unmapped"),
        (10, "3711", issuer.name, "Consumer Discretionary"),
    ):
        trade = Trade("P", str(1000 + place), "10.05")
        filing = book.file(book.rows(book.day(place), issuer, owner, [trade], sic=sic, name=name))
        book.expect(
            "T15-shell-to-maker", 15, filing, 1, why, sic_code=sic, sic_source="filing_header", sector=sector,
            issuer_cik=issuer.cik,
        )  # fmt: skip
    issuer = book.issuer("Recoded Data Pharma Inc", "2834")
    owner = book.owner("Prescott Naomi V.", "Officer", "Chief Executive Officer")
    why = "the SEC assigned another code between the two filings; today's code must not reach back"
    for place, sic, sector in ((2, "7372", "Information Technology"), (12, "2834", "Health Care")):
        filing = book.file(book.rows(book.day(place), issuer, owner, [Trade("S", str(900 + place), "52.00")], sic=sic))
        book.expect("T15-recoded", 15, filing, 1, why, sic_code=sic, sic_source="filing_header", sector=sector)
    early = book.early_day
    if early < book.daily_from:
        filing = book.file(book.rows(early, issuer, owner, [Trade("S", "950", "31.00")], sic="7372"))
        why = "on the quarterly road no header tells the code of the day, and the source of the one used says so"
        book.expect("T15-quarterly-road", 15, filing, 1, why, sic_source="latest_known", road="quarterly")


def _codes_mislead(book: CaseBook) -> None:
    cases = (
        ("T16-mail-order", 16, "Parcel Door Stores Inc", "5961", "Consumer Discretionary", "mail order is no staple"),
        ("T16-beverages", 16, "Fizz Hollow Beverage Co", "2080", "Consumer Staples", "manufacturing by its digits"),
        ("T16-office-equipment", 16, "Ledger Machine Systems Inc", "3570", "Information Technology", "no industrial"),
        (
            "T16-oil-royalties",
            16,
            "Royalty Barrel Trust",
            "6792",
            "Energy",
            "6792 is oil royalties, though 67 is finance",
        ),
        ("T16-shell", 16, "Blank Cheque Acquisition Corp", "6770", "Unmapped", "a shell has no sector"),
        ("T16-no-code", 16, "Codeless Ventures Ltd", "", "Unmapped", "no code was assigned"),
        ("T17-property-trust", 17, "Warehouse Row Realty Trust Inc", "6798", "Real Estate", "a REIT is no financial"),
        ("T17-closed-end-fund", 17, "Closed End Income Fund", "6726", "Unmapped", "a fund is in no sector"),
        ("T17-state-bank", 17, "Second Street Bancorp", "6022", "Financials", "a bank is"),
    )
    for place, (case, trap, name, sic, sector, why) in enumerate(cases):
        issuer = book.issuer(name, sic)
        owner = book.owner(f"Member {name.split()[0]} J.", "Director")
        filing = book.file(book.rows(book.day(place + 2), issuer, owner, [Trade("P", "600", "33.00")]))
        source = "filing_header" if sic else "none"
        book.expect(
            case, trap, filing, 1, why, sic_code=sic or None, sector=sector, sic_source=source, is_signal_trade=True
        )


def _names_and_symbols(book: CaseBook) -> None:
    early = book.early_day
    dead = book.issuer("Former Symbol Holder Steel Co", "3312", "ZTWC")
    alive = book.issuer("Present Symbol Holder Software Inc", "7372", "ZTWC")
    why = "one symbol, used by two companies one after the other: the CIK tells them apart"
    for issuer, day, sector in ((dead, early, None), (alive, book.day(6), "Information Technology")):
        owner = book.owner(f"Holder {issuer.name.split()[0]} R.", "Director")
        filing = book.file(book.rows(day, issuer, owner, [Trade("P", "800", "16.00")]))
        book.expect("T23-recycled-symbol", 23, filing, 1, why, issuer_cik=issuer.cik, issuer_symbol="ZTWC")
        if sector:
            book.expect("T23-recycled-symbol", 23, filing, 1, why, sector=sector)
    issuer = book.issuer("Renamed Today Media Group Inc", "4833")
    owner = book.owner("Redgrave Bernard N.", "Director")
    why = "one company under two names"
    for place, name in ((1, "Named Yesterday Broadcasting Corp"), (9, issuer.name)):
        filing = book.file(book.rows(book.day(place), issuer, owner, [Trade("P", str(700 + place), "8.00")], name=name))
        book.expect("T23-renamed", 23, filing, 1, why, issuer_cik=issuer.cik, issuer_name=name)
    book.expect_mart("T23-renamed", 23, f"dim_issuers[issuer_cik={issuer.cik}].row_count", 1, why)

    free = book.issuer("Free Text Symbol Systems Inc", "7371", "NYSE: zqft, ZQFT.A")
    owner = book.owner('Ingersoll "Ned Edwin', "Director")
    note = 'Held by the "Family trust; the closing quote is missing, as the filer typed it.'
    trade = Trade("P", "650", "19.00", code_notes="F1")
    filing = book.file(book.rows(book.day(4), free, owner, [trade], notes=[note], remarks='Said "as filed'))
    why = "symbols are free text and quotes need not match: the CIK identifies, the text is kept"
    book.expect(
        "T23-free-text", 23, filing, 1, why, issuer_cik=free.cik, owner_names=owner.name,
        share_count=650, is_signal_trade=True,
    )  # fmt: skip
