"""Writes ``docs/quality.md`` from the suites: every expectation with its severity and its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.accepted import read_accepted
from quality.marts_suite import MARTS_SUITE
from quality.price_suite import PRICES
from quality.raw_suite import FILING_DAY, ISSUERS, QUARTER

if TYPE_CHECKING:
    from quality.suite import FrameSuite, GateSuite

SUITES = (FILING_DAY, QUARTER, ISSUERS, PRICES, MARTS_SUITE)

_INTRODUCTION = """\
# Quality gates

<!-- Written by `python -m quality docs` from quality/raw_suite.py, price_suite.py and marts_suite.py. Change those. -->

Great Expectations stands at the two boundaries: when a partition enters raw, and before the marts are published.
Inside, dbt tests keys, relations, accepted values and arithmetic; no assertion lives in both places on purpose, but
where a boundary must hold even if a model's test was taken away.

| gate | looks at | when | a failed error |
|---|---|---|---|
| `filing_day` | one filing day of the daily road | inside the transaction that loaded it | rolls the load back |
| `quarter` | one quarterly set | inside the transaction that loaded it | rolls the load back |
| `issuers` | all issuer records | inside the transaction that loaded them | rolls the load back |
| `prices` | all prices | inside the transaction that loaded them | rolls the load back |
| `marts` | all marts, beside raw and the published copy | after `dbt build` | nothing is published |

- **error** fails the gate, and with it the DAG run. **warning** is reported and lets it pass. A check that could not be
  made (too little history, nothing published yet) is reported as **info** with the reason: it never passes silently.
- What EDGAR or our code guarantees is an error at the first row. What a filer can mistype is a warning row by row and
  an error (`…_mostly`) above a share no filer can cause.
- Frames are small however long the history is: the partition just loaded, the newest dates row by row, aggregates of
  the rest. Great Expectations has no DuckDB engine, so the frames are read by DuckDB and checked as pandas data frames.
- Results: `DATA_DIR/quality/data_docs/index.html` (open it from disk; the last 20 runs that passed and the last 20 that
  failed), `DATA_DIR/quality/results/<gate>.jsonl` (all runs), table `raw.gate_results` (all runs, in SQL).
- By hand: `python -m quality filing-day 2024-01-05`, `python -m quality quarter 2024q3`, `python -m quality issuers`,
  `python -m quality prices`, `python -m quality marts`.
- A gate failed? [runbooks/gate_failed.md](runbooks/gate_failed.md).
"""


def handbook() -> str:
    """The text of ``docs/quality.md``."""
    sections = [_INTRODUCTION, *(_suite(suite) for suite in SUITES), _accepted()]
    return "\n".join(sections)


def _suite(suite: GateSuite) -> str:
    count = sum(len(frame.expectations) for frame in suite.frames)
    frames = "\n".join(_frame(frame) for frame in suite.frames)
    return f"## Gate `{suite.gate}`\n\n{suite.title} {count} expectations on {len(suite.frames)} frames.\n\n{frames}"


def _frame(frame: FrameSuite) -> str:
    rows = "\n".join(
        f"| `{expect.name}` | {expect.severity} | {expect.requirement} | {expect.reason} |"
        for expect in frame.expectations
    )
    return (
        f"### `{frame.frame}`\n\n"
        f"One per {frame.one_row_per}. Rows are named by {', '.join(frame.keys)}.\n\n"
        f"| expectation | severity | what | why |\n|---|---|---|---|\n{rows}\n"
    )


def _accepted() -> str:
    rows = "\n".join(
        f"| {row.gate} | {row.partition} | `{row.expectation}` | {row.reason} |" for row in read_accepted()
    )
    table = (
        f"| gate | partition | expectation | reason |\n|---|---|---|---|\n{rows}\n" if rows else "None at present.\n"
    )
    return (
        "## Accepted exceptions\n\n"
        "Failures a person looked at and let through (`quality/accepted.csv`); each lowers one expectation to a "
        f"warning for one partition and stays in every report.\n\n{table}"
    )
