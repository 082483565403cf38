"""The named cases: for every trap at least one filing, or fact, on each side of the rule."""

from __future__ import annotations

from simulator.casebook import CaseBook, Trade
from simulator.world import World


def write_cases(book: CaseBook, world: World) -> None:
    """Write every case into the book."""
    _owners_do_not_multiply(book)


def _owners_do_not_multiply(book: CaseBook) -> None:
    issuer = book.issuer("Caseworth Three Owners Energy Corp", "1311")
    owners = [
        book.owner("Caseworth Alma T.", "Director,Officer", "Chief Executive Officer"),
        book.owner("Caseworth Family Trust", "TenPercentOwner"),
        book.owner("Caseworth Capital LP", "Other", other_text="Member of 10% group"),
    ]
    filing = book.file(
        book.rows(book.day(2), issuer, owners, [Trade("P", "1000", "20.10"), Trade("P", "2000", "20.20")])
    )
    why = "three owners report two lines: two rows, not six, with the roles of all of them"
    book.expect("T01-three-owners", 1, filing, None, why, row_count=2)
    for line in (1, 2):
        book.expect(
            "T01-three-owners", 1, filing, line, why, owner_count=3, is_director=True, is_officer=True,
            is_ten_percent_owner=True, is_other_owner=True, role_code="ceo", is_signal_trade=True,
        )  # fmt: skip
