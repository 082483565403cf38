"""Cases about who reported what: owners, joint reports, the key of a line, codes, tables (traps 1-3, 5, 6, 11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING

from simulator.casebook import Holding, Trade

if TYPE_CHECKING:
    from simulator.casebook import CaseBook

_SIGNAL: dict[str, object] = {"is_signal_trade": True, "exclusion_reason": None}


def write(book: CaseBook) -> None:
    """Write the cases of this module."""
    _several_owners(book)
    _joint_reports(book)
    _joint_is_no_cluster(book)
    _lines_are_kept(book)
    _split_bulk_sale(book)
    _company_as_owner(book)
    _codes(book)
    _derivatives(book)
    _holdings(book)


def _several_owners(book: CaseBook) -> None:
    issuer = book.issuer("Caseworth Three Owners Energy Corp", "1311")
    owners = [
        book.owner("Caseworth Family Trust", "TenPercentOwner"),
        book.owner("Caseworth Alma T.", "Director,Officer", "Chief Executive Officer"),
        book.owner("Caseworth Capital LP", "Other", other_text="Member of 10% group"),
    ]
    filing = book.file(
        book.rows(book.day(2), issuer, owners, [Trade("P", "1000", "20.10"), Trade("P", "2000", "20.20")])
    )
    why = "three owners report two lines: two rows, not six, with the roles of all of them"
    book.expect("T01-three-owners", 1, filing, None, why, row_count=2)
    for line, shares in ((1, 1000), (2, 2000)):
        book.expect(
            "T01-three-owners", 1, filing, line, why, owner_count=3, share_count=shares, is_director=True,
            is_officer=True, is_ten_percent_owner=True, is_other_owner=True, role_code="ceo",
            is_officer_or_director=True, owner_ciks=",".join(sorted(owner.cik for owner in owners)), **_SIGNAL,
        )  # fmt: skip

    alone = book.owner("Bexhill Owen P.", "Officer", "See Remarks")
    filing = book.file(
        book.rows(book.day(8), issuer, alone, [Trade("S", "500", "21.00")], remarks="EVP and Chief Financial Officer")
    )
    why = "one owner, whose title stands in the remarks"
    book.expect("T01-one-owner", 1, filing, 1, why, owner_count=1, is_director=False, role_code="cfo", **_SIGNAL)

    ten = [book.owner(f"Tenfold Fund {place} LP", "TenPercentOwner") for place in range(1, 11)]
    filing = book.file(book.rows(book.day(9), issuer, ten, [Trade("S", "4000", "21.50")]))
    why = "ten owners, the most a form holds: still one row, and nobody in it is an officer or director"
    book.expect("T01-ten-owners", 1, filing, 1, why, owner_count=10, is_officer_or_director=False, share_count=4000)
    book.expect("T01-ten-owners", 1, filing, None, why, row_count=1)


def _joint_reports(book: CaseBook) -> None:
    issuer = book.issuer("Jointly Held Materials Inc", "2821")
    fund = book.owner("Wickham Deep Value Fund LP", "TenPercentOwner")
    manager = book.owner("Wickham Management LLC", "TenPercentOwner")
    note = "Held by Wickham Deep Value Fund LP. Wickham Management LLC is its manager and disclaims ownership."
    trade = Trade("P", "50000", "31.25", after="1250000", direct="I", nature="See footnote", code_notes="F1")
    first = book.file(book.rows(book.day(3), issuer, fund, [trade], notes=[note], accepted=time(16, 40, 1)))
    second = book.file(book.rows(book.day(3), issuer, manager, [trade], notes=[note], accepted=time(16, 52, 30)))
    why = "one trade reported on two accessions, same footnote and same shares owned after: counted once, at the first"
    book.expect(
        "T02-joint-footnote", 2, first, 1, why, is_canonical=True, joint_sign="shared_text",
        joint_group_key=f"{first.accession}|N|1", is_possible_joint_report=False, **_SIGNAL,
    )  # fmt: skip
    book.expect(
        "T02-joint-footnote", 2, second, 1, why, is_canonical=False, is_signal_trade=False,
        canonical_accession_number=first.accession, exclusion_reason="joint_duplicate",
        joint_group_key=f"{first.accession}|N|1", joint_sign="shared_text",
    )  # fmt: skip

    direct = replace(trade, shares="7000", price="30.05", direct="D", nature="", code_notes="", after="880000")
    through = replace(direct, direct="I", nature="By Wickham Income Fund LP")
    income = book.owner("Wickham Income Fund LP", "TenPercentOwner")
    partner = book.owner("Wickham Income GP LLC", "TenPercentOwner")
    first = book.file(book.rows(book.day(9), issuer, income, [direct], accepted=time(17, 2)))
    second = book.file(book.rows(book.day(10), issuer, partner, [replace(through, day=book.before(book.day(9)))]))
    why = "the second report names the first one's owner as the holder, filed a day later"
    book.expect("T02-joint-indirect", 2, first, 1, why, is_canonical=True, **_SIGNAL)
    book.expect(
        "T02-joint-indirect", 2, second, 1, why, is_canonical=False, exclusion_reason="joint_duplicate",
        canonical_accession_number=first.accession,
    )  # fmt: skip

    later = book.day(8)
    report = replace(through, shares="9000", price="30.40", nature="By Wickham Growth Fund LP", day=book.before(later))
    growth = book.owner("Wickham Growth Fund LP", "TenPercentOwner")
    general = book.owner("Wickham Growth GP LLC", "TenPercentOwner")
    own = replace(report, direct="D", nature="")
    first = book.file(book.rows(later, issuer, growth, [own]))
    second = book.file(book.rows(book.day(9), issuer, general, [report]))
    again = book.file(book.rows(book.day(11), issuer, growth, [own], form="4/A", original=later))
    why = (
        "the first reporter files the same again as an amendment: it takes its original's place, the trade counts once"
    )
    book.expect(
        "T02-joint-amended", 2, first, 1, why, is_superseded=True, superseded_by_accession_number=again.accession
    )
    book.expect("T02-joint-amended", 2, second, 1, why, is_canonical=False, exclusion_reason="joint_duplicate")
    book.expect("T02-joint-amended", 2, again, 1, why, is_canonical=True, **_SIGNAL)

    offering = book.issuer("Offering Day Software Inc", "7372")
    why = "two people buy the same lot in an offering: different holdings, no link between them, so both count"
    for name, after in (("Stanhope Ruth A.", "12000"), ("Ormsby Felix D.", "48500")):
        buyer = book.owner(name, "Director")
        filing = book.file(book.rows(book.day(4), offering, buyer, [Trade("P", "10000", "18.00", after=after)]))
        book.expect(
            "T02-same-lot", 2, filing, 1, why, is_canonical=True, is_possible_joint_report=True, joint_sign="none",
            joint_group_key=None, **_SIGNAL,
        )  # fmt: skip


def _joint_is_no_cluster(book: CaseBook) -> None:
    issuer = book.issuer("Cluster Question Realty Trust Inc", "6798")
    fund = book.owner("Lathrop Property Fund LP", "TenPercentOwner")
    partner = book.owner("Lathrop Property GP LLC", "TenPercentOwner")
    director = book.owner("Lathrop Miriam S.", "Director")
    note = "Held by Lathrop Property Fund LP, whose general partner is Lathrop Property GP LLC."
    joint = Trade("P", "3000", "41.00", after="900000", direct="I", nature="By fund", code_notes="F1")
    for owner in (fund, partner):
        book.file(book.rows(book.day(2), issuer, owner, [joint], notes=[note]))
    book.file(book.rows(book.day(3), issuer, director, [Trade("P", "1000", "41.20")]))
    book.expect_mart(
        "T02-joint-is-no-cluster",
        2,
        f"fct_cluster_buys[issuer_cik={issuer.cik}].row_count",
        0,
        "two joint reports and one more buyer are two buyers, not a cluster of three",
    )
    issuer = book.issuer("Cluster Answer Bancorp", "6022")
    for place, name in enumerate(("Paget Leon K.", "Verney Clara M.", "Yardley Roy C.")):
        owner = book.owner(name, "Director")
        book.file(book.rows(book.day(1 + place), issuer, owner, [Trade("P", str(1000 + 300 * place), "28.40")]))
    book.expect_mart(
        "T02-cluster",
        2,
        f"fct_cluster_buys[issuer_cik={issuer.cik}].owner_count",
        3,
        "three directors buy for more than $10,000 each within a week",
    )


def _lines_are_kept(book: CaseBook) -> None:
    issuer = book.issuer("Narrow Key Aerospace Corp", "3721")
    owner = book.owner("Hargrove Colin B.", "Officer", "Chief Operating Officer")
    trades = [
        Trade("P", "1000", "55.00", after="11000"),
        Trade("P", "1000", "55.00", after="6000", direct="I", nature="By Spouse"),
        Trade("P", "1000", "55.10", after="12000"),
        Trade("P", "1000", "55.00", after="13000"),
    ]
    filing = book.file(book.rows(book.day(5), issuer, owner, trades))
    why = "price tranches, a direct and an indirect lot, and the same lot twice are four lines"
    book.expect("T03-tranches", 3, filing, None, why, row_count=4)
    for line, trade in enumerate(trades, start=1):
        book.expect(
            "T03-tranches", 3, filing, line, why, direct_indirect_code=trade.direct, price_usd=trade.price,
            share_count_owned_after=trade.after, is_canonical=True, **_SIGNAL,
        )  # fmt: skip


def _split_bulk_sale(book: CaseBook) -> None:
    issuer = book.issuer("Thirty Rows Semiconductor Corp", "3674")
    owner = book.owner("Zielinski Victor E.", "Director,Officer", "President and CEO")
    prices = [f"{98 + place // 4}.{25 * (place % 4):02d}" for place in range(30)]
    lots = [Trade("S", str(400 + 10 * place), price) for place, price in enumerate(prices)]
    first = book.file(book.rows(book.day(11), issuer, owner, lots, accepted=time(18, 1)))
    rest = [lots[-1], *(Trade("S", str(900 + place), "106.50") for place in range(4))]
    second = book.file(book.rows(book.day(11), issuer, owner, rest, accepted=time(18, 3)))
    why = "a form holds thirty rows, the rest is on a second one that day: no duplicates, even where a lot repeats"
    book.expect("T03-thirty-rows", 3, first, None, why, row_count=30)
    book.expect("T03-thirty-rows", 3, second, None, why, row_count=5)
    book.expect("T03-thirty-rows", 3, first, 30, why, is_canonical=True, is_superseded=False, **_SIGNAL)
    book.expect("T03-thirty-rows", 3, second, 1, why, is_canonical=True, is_superseded=False, **_SIGNAL)


def _company_as_owner(book: CaseBook) -> None:
    parent = book.issuer("Parent Public Industries Inc", "3585")
    target = book.issuer("Target Listed Medical Corp", "3841")
    owner = book.company_as_owner(parent)
    filing = book.file(book.rows(book.day(4), target, owner, [Trade("P", "25000", "12.40", after="5025000")]))
    why = "a public company buys shares of another: the issuer is the one in the form, in its own sector"
    book.expect(
        "T05-company-as-owner", 5, filing, 1, why, issuer_cik=target.cik, issuer_symbol=target.ticker,
        owner_ciks=parent.cik, sector="Health Care", **_SIGNAL,
    )  # fmt: skip
    insider = book.owner("Galbraith Nora W.", "Director")
    filing = book.file(book.rows(book.day(5), parent, insider, [Trade("P", "800", "77.00")]))
    why = "the same company as an issuer"
    book.expect("T05-company-as-issuer", 5, filing, 1, why, issuer_cik=parent.cik, sector="Industrials", **_SIGNAL)

    person = book.owner("Casewell Reed H.", "Director")
    book.person_with_sic(person, "7372")
    filing = book.file(book.rows(book.day(6), target, person, [Trade("P", "700", "12.60")]))
    why = "the SEC's list of filers gives this person a SIC code; a person is no issuer"
    book.expect("T05-person-with-sic", 5, filing, 1, why, issuer_cik=target.cik, sector="Health Care")
    book.expect_mart("T05-person-with-sic", 5, f"dim_issuers[issuer_cik={person.cik}].row_count", 0, why)


def _codes(book: CaseBook) -> None:
    issuer = book.issuer("Code Mix Beverage Co", "2086")
    owner = book.owner("Mainwaring Edith G.", "Officer", "Chief Financial Officer")
    trades = [
        Trade("A", "4000", "0", after="20000"),
        Trade("F", "1500", "33.10", after="18500"),
        Trade("G", "500", "0", after="18000"),
        Trade("P", "100", "33.00", after="18100"),
        Trade("S", "200", "33.20", after="17900"),
    ]
    filing = book.file(book.rows(book.day(0), issuer, owner, trades))
    for line, direction, why in (
        (1, None, "an award acquires and is no purchase"),
        (2, None, "shares withheld for tax are disposed of and are no sale"),
        (3, None, "a gift is no sale"),
        (4, "buy", "an open-market purchase"),
        (5, "sell", "an open-market sale"),
    ):
        expected: dict[str, object] = (
            _SIGNAL if direction else {"is_signal_trade": False, "exclusion_reason": "not_open_market"}
        )
        book.expect("T06-codes", 6, filing, line, why, direction=direction, **expected)


def _derivatives(book: CaseBook) -> None:
    issuer = book.issuer("Phantom Trillions Pharma Inc", "2834")
    owner = book.owner("Tolliver Capital LP", "TenPercentOwner")
    notes = [Trade("P", "40000000", "25000", title="6% Convertible Notes", strike="12.50")]
    filing = book.file(book.rows(book.day(6), issuer, owner, [Trade("P", "5000", "11.90")], derivatives=notes))
    why = "convertible notes, in the derivative table: no signal, and price times shares is no dollar amount"
    book.expect(
        "T11-derivative-purchase", 11, filing, "D1", why, is_signal_trade=False, exclusion_reason="derivative",
        is_usd_usable=False,
    )  # fmt: skip
    book.expect(
        "T11-derivative-purchase", 11, filing, 1, "the common shares beside it are one", is_usd_usable=True, **_SIGNAL
    )
    book.expect("T11-derivative-purchase", 11, filing, None, why, row_count=2)


def _holdings(book: CaseBook) -> None:
    issuer = book.issuer("Holdings Only Electric Co", "4911")
    owner = book.owner("Walpole Irene F.", "Director")
    held = [Holding("9000"), Holding("3500", "I", "By Trust")]
    filing = book.file(book.rows(book.day(7), issuer, owner, holdings=held, form="3"))
    book.expect("T11-form-3", 11, filing, None, "a first report lists holdings and no trade", row_count=0)
    filing = book.file(book.rows(book.day(9), issuer, owner, [Trade("P", "250", "64.00")], holdings=held[1:]))
    why = "one trade with a holding beside it is one row"
    book.expect("T11-trade-and-holding", 11, filing, None, why, row_count=1)
    book.expect("T11-trade-and-holding", 11, filing, 1, why, share_count=250, **_SIGNAL)
