"""Small published copies for the pages: the project's own models, with ratios, clusters and prices made by SQL.

Every mart is there with the columns dbt gives it; the tiers and bands are computed by the project's own SQL from the
ratios made here, and the copy is published by the real publisher.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from warehouse.database import write_connection
from warehouse.publish import publish
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from tests.dbt.project_models import ProjectModels

NEWEST = date(2026, 1, 9)
# Made of the ratios, by the project's own SQL.
_COMPUTED = ("fct_sector_tiers_quarterly", "rpt_sector_bands_monthly")


@dataclass(frozen=True)
class World:
    """What a copy holds.

    Attributes:
        first: First day with ratios; ``None`` for no ratio at all.
        newest: Last day.
        is_simulated: What the load says of itself.
        has_prices: Whether the sector ETFs have prices.
    """

    first: date | None
    newest: date = NEWEST
    is_simulated: bool = True
    has_prices: bool = True


@dataclass(frozen=True)
class Worlds:
    """What every copy is made from: the project's models, and a warehouse on which they all ran on nothing."""

    models: ProjectModels
    empty: Path

    @classmethod
    def of(cls, models: ProjectModels, folder: Path) -> Worlds:
        """Run every model once."""
        settings = Settings(data_dir=folder, duckdb_threads=2)
        models.build(settings, {})
        return cls(models, settings.warehouse_path)


def publish_world(worlds: Worlds, folder: Path, world: World) -> Settings:
    """Make a warehouse in a folder and publish it."""
    settings = Settings(data_dir=folder, duckdb_threads=2)
    shutil.copy(worlds.empty, settings.warehouse_path)
    with write_connection(settings) as connection:
        connection.execute(
            "insert into raw.loads by name select 'daily' as _road, ?::varchar as _partition, repeat('0', 64) as "
            "source_sha256, 'submission' as table_name, 1 as row_count, ? as is_simulated, '1' as _parser_version, "
            "timestamp '2026-01-10 05:00' as _loaded_at",
            [str(world.newest), world.is_simulated],
        )
        if world.first is not None:
            _fill(connection, worlds.models, world, world.first)
    publish(settings, code_version="of-this-test")
    return settings


def _fill(connection: duckdb.DuckDBPyConnection, models: ProjectModels, world: World, first: date) -> None:
    given = {"first": first, "newest": world.newest}
    connection.execute(_RATIOS, given)
    selects = {model.name: model.select for model in models.models}
    for name in _COMPUTED:
        connection.execute(f"create or replace table marts.{name} as {selects[name]}")
    connection.execute(_LEDGER, {"newest": world.newest, "first": max(first, world.newest - timedelta(days=120))})
    connection.execute(_COVERAGE, given)
    connection.execute(_CLUSTERS, {"newest": world.newest})
    connection.execute(_HIGH_CONVICTION)
    connection.execute(_ISSUERS)
    connection.execute(_QUARANTINED)
    if world.has_prices:
        connection.execute(_PRICES, given)


# Fridays, month-ends and the newest day are all the page asks for. Each sector swings at its own pace, sales weigh
# more than purchases, as they do; Utilities has nobody buying in 2024, and Real Estate begins late.
_RATIOS = """
    insert into marts.fct_sector_ratios_daily by name
    with days as (
        select day::date as as_of_date, epoch(day) / 86400 as day_number
        from range($first::timestamp, ($newest::date + 1)::timestamp, interval 1 day) as days (day)
        where isodow(day) = 5 or last_day(day) = day::date or day::date = $newest::date
    ),
    dimensions as (
        select sectors.sector, sectors.sort_order, window_days, insider_group, group_number
        from seeds.sectors as sectors
        cross join (select unnest([30, 90]) as window_days) as windows
        cross join (
            select unnest(['all', 'officers_directors', 'executives', 'opportunistic']) as insider_group,
                unnest([1, 2, 3, 4]) as group_number
        ) as groups
    ),
    swings as (
        select *,
            0.2 + 0.16 * sin(day_number / (150 + 17 * sort_order) + sort_order)
                + 0.05 * sin(day_number / 23 + sort_order * group_number) as bought_share,
            (40 + 11 * sort_order) * window_days / 30 / group_number as trades
        from days cross join dimensions
        where sector <> 'Real Estate' or as_of_date >= $first::date + 400
    ),
    sums as (
        select *,
            case when sector = 'Utilities' and year(as_of_date) = 2024 then 0
            else greatest(round(trades * bought_share), 0) end
                as bought,
            round(trades * (1 - bought_share)) as sold
        from swings
    ),
    totalled as (
        select as_of_date, sector, window_days, insider_group, bought, sold, bought * 41000.5 as bought_usd,
            sold * 173000.25 as sold_usd
        from sums where sector <> 'All'
        union all
        select as_of_date, 'All', window_days, insider_group, sum(bought), sum(sold), sum(bought * 41000.5),
            sum(sold * 173000.25)
        from sums where sector <> 'All' group by as_of_date, window_days, insider_group
    )
    select as_of_date, sector, window_days, insider_group,
        last_day(as_of_date) = as_of_date as is_month_end,
        last_day(as_of_date) = as_of_date and month(as_of_date) % 3 = 0 as is_quarter_end,
        bought::bigint as buy_count, sold::bigint as sell_count,
        bought_usd::decimal(38, 4) as buy_usd, sold_usd::decimal(38, 4) as sell_usd,
        (bought - sold) / nullif(bought + sold, 0) as npr_count,
        (bought_usd - sold_usd) / nullif(bought_usd + sold_usd, 0) as npr_usd
    from totalled
"""
_LEDGER = """
    insert into marts.fct_filing_day_ledger by name
    select day::date as filing_day, 60 as index_line_count, 30 as lost_repeated_index_line_count, 30 as accession_count,
        0 as withdrawn_accession_count, 0 as lost_not_fetched_count, 0 as lost_not_found_count,
        1 as lost_quarantined_count, 0 as lost_listed_on_other_day_count, 29 as parsed_accession_count,
        29 as daily_filing_count, 0 as quarterly_filing_count, 29 as filing_count, 70 as transaction_line_count,
        20 as lost_derivative_count, 30 as lost_not_open_market_count, 20 as open_market_line_count,
        1 as lost_superseded_count, 0 as lost_withdrawn_count, 2 as lost_joint_duplicate_count,
        0 as lost_date_not_valid_count, 1 as lost_plan_purchase_count, 0 as lost_private_placement_count,
        1 as lost_exercise_linked_count, 15 as signal_line_count, 2 as lost_not_officer_or_director_count,
        1 as lost_price_not_valid_count, 1 as lost_unmapped_sector_count, 11 as headline_line_count,
        0 as cast_failure_count,
        day + interval 30 hours + case when day = $newest::timestamp then interval 3 days else interval 0 days end
            as index_first_fetched_at,
        1 as index_version_count
    from range($first::timestamp, ($newest::date + 1)::timestamp, interval 1 day) as days (day)
    where isodow(day) < 6
"""
_COVERAGE = """
    insert into marts.rpt_sector_coverage by name
    select month::date as filed_month, 'daily' as road, sic_source, 200 as signal_line_count, 190 as mapped_line_count,
        0.95 as mapped_line_share, 1000 as signal_usd, 990 as mapped_usd, 0.99 as mapped_usd_share
    from range(date_trunc('month', $first::date)::timestamp, $newest::timestamp, interval 1 month) as months (month)
    cross join (select unnest(['filing_header', 'all']) as sic_source)
"""
_CLUSTERS = """
    insert into marts.fct_cluster_buys by name
    select 'cluster ' || number as cluster_key, lpad((number % 4)::varchar, 10, '0') as issuer_cik,
        case when number % 3 = 0 then 'Energy' else 'Health Care' end as sector,
        $newest::date - (9 + number * 10)::int as first_trade_date,
        $newest::date - (3 + number * 10)::int as last_trade_date,
        $newest::date - (number * 10)::int as known_from, 3 + number % 3 as owner_count, number = 0 as has_ceo,
        number = 1 as has_cfo, 125000 * (number + 1) as value_usd,
        'https://www.sec.gov/Archives/edgar/data/1/0000000001-25-00000' || number || '-index.htm javascript:alert(1)'
            as filing_urls
    from range(8) as clusters (number)
"""
_HIGH_CONVICTION = """
    insert into marts.rpt_high_conviction by name
    select cluster_key, sector, issuer_cik, known_from, 7.5 as conviction_score
    from marts.fct_cluster_buys where sector = 'Energy'
"""
_ISSUERS = """
    insert into marts.dim_issuers by name
    select lpad(number::varchar, 10, '0') as issuer_cik, 'Acme <b>' || number || '</b> & Sons' as issuer_name,
        'ACM' || number as issuer_symbol
    from range(4) as issuers (number)
"""
_QUARANTINED = """
    insert into marts.rpt_quarantined_filings by name
    select '0000000001-25-000009' as accession_number, 'daily' as road, '2025-01-03' as source_partition,
        '4' as form_type, '0000001000' as filer_cik, 'xml_not_recoverable' as quarantine_reason_code,
        'The document </script><script>document.title = "broken"</script> breaks off.' as quarantine_reason,
        1234 as byte_count, false as is_known_otherwise,
        'https://www.sec.gov/Archives/edgar/data/1000/0000000001-25-000009.txt' as filing_url
"""
_PRICES = """
    insert into marts.fct_etf_prices_daily by name
    select day::date as price_date, etf_symbol, sector,
        40 + sort_order + 8 * sin(epoch(day) / 86400 / 200 + sort_order) as close_usd,
        40 + sort_order + 8 * sin(epoch(day) / 86400 / 200 + sort_order) as adjusted_close_usd,
        true as is_trading_day, false as is_missing
    from range($first::timestamp, $newest::timestamp, interval 1 day) as days (day)
    cross join seeds.sectors
    where isodow(day) < 6 and etf_symbol is not null and sector <> 'Communication Services'
"""
