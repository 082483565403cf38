"""Loads the series of every landed fund into the raw tables, inside the caller's transaction where one is open."""

from __future__ import annotations

import logging
import shutil
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from extract import landing
from extract.prices.landing import has_landed_prices, landed_answers, landed_state, landed_tickers, prices_dir
from extract.prices.series import series, used_answers
from warehouse.errors import LoadError, SourceDataError
from warehouse.raw_schema import PRICES_PARTITION
from warehouse.writer import LoadResult, replace_partition, skip_if_loaded

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

# Raise it whenever the same answers would give other rows: the prices are then loaded again.
PRICE_READER_VERSION = "prices-1"

_VALUES = ("price_date", "close", "adj_close", "dividend", "split_factor", "volume")
_PROVENANCE = [
    pa.field("fetched_at", pa.timestamp("us")),
    pa.field("sha256", pa.string()),
    pa.field("is_simulated", pa.bool_()),
]
_PRICES = pa.schema([*(pa.field(name, pa.string()) for name in ("ticker", *_VALUES, "source")), *_PROVENANCE])
_ANSWERS = pa.schema(
    [
        pa.field("ticker", pa.string()),
        pa.field("source", pa.string()),
        pa.field("is_whole", pa.bool_()),
        pa.field("is_joined", pa.bool_()),
        pa.field("is_in_force", pa.bool_()),
        pa.field("reason", pa.string()),
        pa.field("row_count", pa.int64()),
        pa.field("asked_from", pa.string()),
        pa.field("asked_to", pa.string()),
        *_PROVENANCE,
    ]
)


def load_prices(connection: duckdb.DuckDBPyConnection, settings: Settings, *, force: bool = False) -> LoadResult:
    """Replace the prices in the raw tables by the series of every landed fund.

    Args:
        connection: A connection of `warehouse.database.write_connection`.
        settings: Where landing zone and parsed files are.
        force: Load even when nothing was landed since the last time.

    Raises:
        LoadError: The landing zone holds real and simulated prices; see also `replace_partition`.
        SourceDataError: No price was ever landed, or an answer cannot be read.
    """
    if not has_landed_prices(settings):
        raise SourceDataError(
            f"No price is landed in {prices_dir(settings)}: fetch them first with python -m extract prices."
        )
    state = landed_state(settings)
    if not force:
        loaded = skip_if_loaded(
            connection,
            road="prices",
            partition=PRICES_PARTITION,
            source_sha256=state,
            parser_version=PRICE_READER_VERSION,
        )
        if loaded:
            return loaded
    prices, answers = list(_price_rows(settings)), list(_answer_rows(settings))
    simulated = {row["is_simulated"] for row in answers}
    if len(simulated) > 1:
        raise LoadError(
            f"{prices_dir(settings)} holds real and simulated prices: the two are never mixed. Remove that folder and "
            "landing/outcomes/prices, and fetch the prices again."
        )
    folder = settings.parsed_dir / "prices"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        tables = {
            "etf_prices": folder / "etf_prices.parquet",
            "etf_price_answers": folder / "etf_price_answers.parquet",
        }
        pq.write_table(pa.Table.from_pylist(prices, _PRICES), tables["etf_prices"], compression="zstd")
        pq.write_table(pa.Table.from_pylist(answers, _ANSWERS), tables["etf_price_answers"], compression="zstd")
        tables["fetch_outcomes"], outcome_count = landing.write_outcomes(folder, PRICES_PARTITION, settings)
        return replace_partition(
            connection,
            road="prices",
            partition=PRICES_PARTITION,
            tables=tables,
            source_sha256=state,
            parser_version=PRICE_READER_VERSION,
            is_simulated=simulated == {True},
            expected_counts={
                "etf_prices": len(prices),
                "etf_price_answers": len(answers),
                "fetch_outcomes": outcome_count,
            },
            force=force,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _price_rows(settings: Settings) -> Iterator[dict[str, Any]]:
    for ticker in landed_tickers(settings):
        for entry in series(ticker, settings):
            yield {
                "ticker": ticker,
                **{name: getattr(entry.row, name) for name in _VALUES},
                "source": entry.answer.source,
                "fetched_at": entry.answer.fetched_at.astimezone(UTC).replace(tzinfo=None),
                "sha256": entry.answer.first_sha256,
                "is_simulated": entry.answer.is_simulated,
            }


def _answer_rows(settings: Settings) -> Iterator[dict[str, Any]]:
    for ticker in landed_tickers(settings):
        in_force = {answer.folder for answer in used_answers(ticker, settings)}
        for answer in landed_answers(ticker, settings):
            yield {
                "ticker": ticker,
                "source": answer.source,
                "is_whole": answer.is_whole,
                "is_joined": answer.is_joined,
                "is_in_force": answer.folder in in_force,
                "reason": answer.reason,
                "row_count": answer.row_count,
                "asked_from": answer.asked_from.isoformat(),
                "asked_to": answer.asked_to.isoformat(),
                "fetched_at": answer.fetched_at.astimezone(UTC).replace(tzinfo=None),
                "sha256": answer.first_sha256,
                "is_simulated": answer.is_simulated,
            }
