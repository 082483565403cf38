"""The named cases: for every trap at least one filing, or one fact, on each side of the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cases import amendments, broken, issuers, kinds, measures, reports, values

if TYPE_CHECKING:
    from simulator.casebook import CaseBook
    from simulator.world import World


def write_cases(book: CaseBook, world: World) -> None:
    """Write every case into the book.

    Args:
        book: Where filings and expectations go.
        world: The economy, for the facts about it.
    """
    for module in (reports, amendments, values, kinds, issuers, broken):
        module.write(book)
    measures.write(book, world)
