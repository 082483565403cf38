"""Fetches many documents of one partition at once, and gives up when the server seems to be down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, TypeVar

from extract.progress import Progress, ProgressCallback
from warehouse.errors import FetchError, Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from extract.http import SecClient

# With so many documents failing one after another the server is down, and asking on helps nobody.
_FAILURES_IN_A_ROW = 12

Landed = TypeVar("Landed")


def fetch_many(
    client: SecClient,
    partition: str,
    names: Collection[str],
    land: Callable[[str], tuple[Landed, int]],
    *,
    kind: str,
    report: ProgressCallback,
) -> tuple[dict[str, Landed], dict[str, str]]:
    """Land every document, as many at a time as the rate limit can use.

    Args:
        client: Makes the requests; closed when this raises.
        partition: What the documents belong to, for reports and messages.
        names: A name per document: accession numbers, CIKs.
        land: Fetches one document into the landing zone; returns what came of it, and its size in bytes.
        kind: What the documents are called in messages, in the plural.
        report: Called at the beginning and after every document.

    Returns:
        What came of each document that was settled, and the reason of each that failed for good.

    Raises:
        Throttled: The server kept asking us to slow down.
        FetchError: So many failed in a row that the server seems to be down.
    """
    landed: dict[str, Landed] = {}
    failed: dict[str, str] = {}
    byte_count = failures_in_a_row = 0
    report(Progress(partition, 0, len(names), 0))
    pool = ThreadPoolExecutor(client.useful_threads, thread_name_prefix=partition)
    try:
        futures = {pool.submit(land, name): name for name in names}
        for done, future in enumerate(as_completed(futures), start=1):
            name = futures[future]
            try:
                landed[name], size = future.result()
            except Throttled:
                raise
            except FetchError as error:
                failed[name] = str(error)
                failures_in_a_row += 1
                if failures_in_a_row >= _FAILURES_IN_A_ROW:
                    raise FetchError(
                        f"{partition}: {failures_in_a_row} {kind} failed in a row, the last one with: {error}. The "
                        "server seems to be down; run again later, only what is missing will be fetched"
                    ) from error
            else:
                failures_in_a_row = 0
                byte_count += size
            report(Progress(partition, done, len(names), byte_count))
    except BaseException:
        # Whoever waits for a turn, a pause or a repeat stops waiting; answers under way are still landed.
        client.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return landed, failed
