"""Keeps account of builds of the models: what a build has to bring up to date, and whether it came to its end.

The writer notes what every load touches in ``raw.changes``. A build takes those notes, has dbt compute what they name,
and drops them when it is complete; one that fails or is killed leaves them, and the next one computes everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from warehouse.raw_schema import SCHEMA

if TYPE_CHECKING:
    import duckdb

# Above this share of all issuers a build of everything is as quick: it replaces tables instead of rows.
LARGEST_SHARE = 0.4


@dataclass(frozen=True)
class BuildPlan:
    """What a build is to do.

    Attributes:
        full_reason: Why everything is computed; ``None`` when what changed is enough.
        filing_count: Filings touched by loads since the last complete build.
        issuer_count: Their issuers, and those whose records changed.
    """

    full_reason: str | None
    filing_count: int
    issuer_count: int

    def __str__(self) -> str:
        changed = f"{self.filing_count:,} filings of {self.issuer_count:,} issuers changed"
        return f"{changed}: computing " + (f"everything, {self.full_reason}" if self.full_reason else "these issuers")


def begin_build(connection: duckdb.DuckDBPyConnection, project_sha256: str, *, full: bool = False) -> BuildPlan:
    """Take the changes noted so far and put a build on record, unfinished.

    Args:
        connection: A connection of `warehouse.database.write_connection`.
        project_sha256: Hash of the code that is going to run.
        full: Compute everything, whatever has changed.
    """
    filing_count, issuer_count, issuers = _counts(connection)
    reason = "as asked" if full else _full_reason(connection, project_sha256, issuer_count, issuers)
    plan = BuildPlan(reason, filing_count, issuer_count)
    now = datetime.now(UTC).replace(tzinfo=None)
    connection.execute("begin")
    connection.execute(f"update {SCHEMA}.changes set is_taken = true")
    connection.execute(
        f"insert into {SCHEMA}.builds (started_at, project_sha256, is_full, full_reason, changed_filing_count, "
        "changed_issuer_count, _loaded_at) values (?, ?, ?, ?, ?, ?, ?)",
        [now, project_sha256, plan.full_reason is not None, plan.full_reason, filing_count, issuer_count, now],
    )
    connection.execute("commit")
    return plan


def finish_build(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the newest build on record as complete and drop the changes it took; later ones stay for the next build."""
    connection.execute("begin")
    connection.execute(f"delete from {SCHEMA}.changes where is_taken")
    connection.execute(
        f"update {SCHEMA}.builds set finished_at = ? where started_at = (select max(started_at) from {SCHEMA}.builds)",
        [datetime.now(UTC).replace(tzinfo=None)],
    )
    connection.execute("commit")


def _counts(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    row = connection.execute(
        f"""
        select
            (select count(distinct accession_number) from {SCHEMA}.changes),
            (select count(distinct issuercik) from {SCHEMA}.changes),
            (select count(distinct issuercik) from {SCHEMA}.submission)
        """
    ).fetchone()
    filings, issuers, all_issuers = row or (0, 0, 0)
    return int(filings), int(issuers), int(all_issuers)


def _full_reason(
    connection: duckdb.DuckDBPyConnection, project_sha256: str, issuer_count: int, issuers: int
) -> str | None:
    before = connection.execute(
        f"select project_sha256, finished_at from {SCHEMA}.builds order by started_at desc limit 1"
    ).fetchone()
    if before is None:
        return "for nothing was built before"
    if before[1] is None:
        return "for the build before this one did not come to its end"
    if before[0] != project_sha256:
        return "for the code of the models changed"
    if issuer_count > LARGEST_SHARE * issuers:
        return f"for that is more than {LARGEST_SHARE:.0%} of all issuers"
    return None
