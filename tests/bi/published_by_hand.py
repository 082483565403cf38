"""A published file with the project's real tables, as their contracts say, and rows made by a few lines of SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.marts_suite import SECTORS
from tests.reports.report_marts import contract
from warehouse.database import write_connection
from warehouse.publish import publish

if TYPE_CHECKING:
    from warehouse.settings import Settings

ROWS = {
    "dim_sectors": """
        select
            sector, number as sort_order, true as is_investable, 'XL' || number as etf_symbol,
            1 / 11 as benchmark_weight
        from sectors
    """,
    "fct_sector_tiers_quarterly": """
        select
            last_day(date '2023-12-31' + to_months(3 * quarters.number)) as quarter_end,
            sector, 90 as window_days, 'officers_directors' as insider_group, measure,
            measure = 'npr_usd' as is_headline,
            sin(sectors.number + quarters.number) as value, -0.2 as five_year_average,
            (sectors.number + quarters.number) % 11 / 10 as percentile, 60 as history_months,
            case
                when percentile >= 0.75 then 'Overweight' when percentile <= 0.25 then 'Underweight' else 'Neutral'
            end as tier,
            1 / 11 as suggested_weight, 20 as issuer_count, false as is_fragile
        from sectors, range(8) as quarters (number), (values ('npr_usd'), ('breadth')) as measures (measure)
    """,
    "fct_sector_ratios_daily": """
        select
            (date '2025-01-01' + to_days(days.number::integer))::date as as_of_date,
            sector, window_days, insider_group,
            last_day(as_of_date) = as_of_date as is_month_end, false as is_quarter_end,
            10 + sectors.number as buy_count, 20 as sell_count, 1000.5 as buy_usd, 2000 as sell_usd,
            sin(days.number / 30 + sectors.number) as npr_usd, cos(days.number / 30) as npr_count, 0.4 as breadth
        from (select * from sectors union all values (12, 'All'), (13, 'Unmapped')) as sectors,
            range(365) as days (number),
            (values (30), (90)) as windows (window_days),
            (values ('all'), ('officers_directors')) as groups (insider_group)
    """,
    "fct_cluster_buys": """
        select
            'key ' || number as cluster_key, '000000000' || number as issuer_cik, sector,
            date '2025-11-01' as first_trade_date,
            date '2025-11-20' as last_trade_date, date '2025-11-21' + number::integer as known_from,
            3 + number % 3 as owner_count, 'Doe Jane' as owner_names, 250000.5 * number as value_usd
        from sectors
        where number < 7
    """,
}


def publish_by_hand(settings: Settings, generation: int = 1) -> None:
    """Publish the tables of `ROWS`; another generation has another newest day of the ratios.

    Args:
        settings: Where the warehouse and the published folder are.
        generation: Days by which the ratios go on beyond the first generation's.
    """
    with write_connection(settings) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute("create or replace temp table sectors (number integer, sector varchar)")
        connection.executemany("insert into sectors values (?, ?)", list(enumerate(SECTORS, 1)))
        for mart, rows in ROWS.items():
            columns = ", ".join(f"{name} {data_type}" for name, data_type in contract(mart)[0])
            connection.execute(f"create or replace table marts.{mart} ({columns})")
            connection.execute(f"insert into marts.{mart} by name {rows}")
        connection.execute(
            "update marts.fct_sector_ratios_daily set as_of_date = as_of_date + ?::integer", [generation - 1]
        )
        connection.execute("delete from raw.loads")
        connection.execute(
            "insert into raw.loads values "
            "('daily', '2025-12-31', ?, 'submission', 1, true, '1', timestamp '2026-01-01')",
            [f"{generation:064d}"],
        )
    publish(settings, code_version=f"by hand {generation}")
