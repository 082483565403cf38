"""Write the seed of US federal holidays, EDGAR's days without a filing index, from the `holidays` library.

EDGAR follows the federal calendar (https://www.sec.gov/submit-filings/edgar-calendar), not the exchange's: it is
closed on Columbus Day and Veterans Day and open on Good Friday.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import holidays

FIRST_YEAR = 2003
LAST_YEAR = 2035
SEED = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds" / "us_federal_holidays.csv"


def holiday_rows() -> list[tuple[str, str]]:
    """Observed federal holidays as (YYYY-MM-DD, name) in order of date.

    A holiday on a Saturday or Sunday is observed on the Friday before or the Monday after; only the observed day
    closes EDGAR, but the day itself is listed too, since it is a holiday by law.
    """
    calendar = holidays.country_holidays("US", years=range(FIRST_YEAR, LAST_YEAR + 1))
    return [(day.isoformat(), name) for day, name in sorted(calendar.items())]


def seed_text() -> str:
    """The seed file's content, header first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("holiday_date", "holiday_name"))
    writer.writerows(holiday_rows())
    return buffer.getvalue()


if __name__ == "__main__":
    SEED.write_text(seed_text(), encoding="utf-8")
    print(f"wrote {SEED.name}: {len(holiday_rows())} days, {FIRST_YEAR} to {LAST_YEAR}")
