"""The filings in which simulated companies tell their results, as the submissions JSON lists them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from simulator.days import edgar_days, from_number, number
from simulator.mirror import ListedFiling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world import World

# Accession numbers of these filings: an agent that files nothing else.
_AGENT = "0009996666"
_AFTER_CLOSE, _BEFORE_OPEN = time(16, 5, 11), time(6, 45, 2)


def listed_results(world: World) -> Iterator[list[ListedFiling]]:
    """What each company, in order, has filed about its results; newest first.

    An 8-K with item 2.02 on every earnings day, the report after it, and now and then an 8-K about something else. The
    reports for the quarters that end a fiscal year are 10-Ks and come later than the 10-Qs. Nothing is dated after the
    world's last day, or after the company was gone.
    """
    rng = np.random.default_rng([world.seed, 9])
    open_days = edgar_days(world.start - timedelta(days=400), world.through)
    count = 0
    for issuer in range(world.issuers):
        first = max(int(open_days[0]), int(world.issuer_from[issuer]) - 400)
        last = min(number(world.through), int(world.issuer_until[issuer]))
        is_early = rng.random() < 0.4
        filings = []
        for end, told in zip(world.fiscal_ends[issuer], world.earnings[issuer], strict=True):
            is_year_end = from_number(end).month in (11, 12)
            lag = rng.integers(9, 26) if is_year_end else rng.integers(0, 6)
            other = told + rng.integers(5, 60)
            has_other = rng.random() < 0.25
            drafts = [(told, "8-K", "2.02,9.01"), (told + lag, "10-K" if is_year_end else "10-Q", "")]
            drafts += [(other, "8-K", "5.02,9.01")] if has_other else []
            for day, form, items in drafts:
                place = np.searchsorted(open_days, day)
                if place == len(open_days) or not first <= open_days[place] <= last:
                    continue
                filed = from_number(open_days[place])
                count += 1
                filings.append(_listed(count, form, items, filed, from_number(end), is_early=is_early))
        yield sorted(filings, key=lambda filing: (filing.filed, filing.accession), reverse=True)


def _listed(count: int, form: str, items: str, filed: date, end: date, *, is_early: bool) -> ListedFiling:
    accession = f"{_AGENT}-{filed:%y}-{count % 1_000_000:06d}"
    accepted = datetime.combine(filed, _BEFORE_OPEN if is_early else _AFTER_CLOSE)
    return ListedFiling(accession, form, str(filed), str(filed if form == "8-K" else end), accepted, items)
