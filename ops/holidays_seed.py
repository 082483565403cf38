"""Write the seeds of holidays from the `holidays` library: EDGAR's federal ones, its closings, the stock exchange's.

EDGAR follows the federal calendar (https://www.sec.gov/submit-filings/edgar-calendar), not the exchange's: it is
closed on Columbus Day and Veterans Day and open on Good Friday. The exchange's days are for prices.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import holidays

from extract.calendar import ONE_OFF_CLOSINGS
from warehouse.exchange_calendar import exchange_holidays

# Trades are dated from then on (dbt var date_earliest_year); late reports count business days back to them.
FIRST_YEAR = 1980
LAST_YEAR = 2035
FIRST_PRICE_YEAR = 1993
_SEEDS = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds"
SEED = _SEEDS / "us_federal_holidays.csv"
CLOSINGS_SEED = _SEEDS / "edgar_closings.csv"
EXCHANGE_SEED = _SEEDS / "exchange_holidays.csv"


def holiday_rows() -> list[tuple[str, str]]:
    """Observed federal holidays as (YYYY-MM-DD, name) in order of date.

    A holiday on a Saturday or Sunday is observed on the Friday before or the Monday after; only the observed day
    closes EDGAR, but the day itself is listed too, since it is a holiday by law.
    """
    calendar = holidays.country_holidays("US", years=range(FIRST_YEAR, LAST_YEAR + 1))
    return [(day.isoformat(), name) for day, name in sorted(calendar.items())]


def closing_rows() -> list[tuple[str, str]]:
    """Weekdays EDGAR was closed by order, which no calendar of holidays knows, as (YYYY-MM-DD, reason)."""
    return [(day.isoformat(), reason) for day, reason in sorted(ONE_OFF_CLOSINGS.items())]


def exchange_rows() -> list[tuple[str, str]]:
    """Weekdays on which the New York Stock Exchange is closed, as (YYYY-MM-DD, name) in order of date."""
    return [(day.isoformat(), name) for day, name in exchange_holidays(FIRST_PRICE_YEAR, LAST_YEAR)]


def seed_text(rows: list[tuple[str, str]] | None = None) -> str:
    """A seed file's content, header first; the federal holidays' when no rows are given."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("holiday_date", "holiday_name"))
    writer.writerows(holiday_rows() if rows is None else rows)
    return buffer.getvalue()


if __name__ == "__main__":
    for path, found in ((SEED, holiday_rows()), (CLOSINGS_SEED, closing_rows()), (EXCHANGE_SEED, exchange_rows())):
        path.write_text(seed_text(found), encoding="utf-8")
        print(f"wrote {path.name}: {len(found)} days, {found[0][0][:4]} to {LAST_YEAR}")
