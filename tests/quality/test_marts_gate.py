"""Each expectation of the marts gate: good marts pass, and a planted fault fails it and is named."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from quality.gate import describe_row
from quality.marts_gate import check_marts
from quality.marts_suite import (
    AMOUNTS,
    ISSUER_MEASURES,
    LEDGER_STAGES,
    MARTS_SUITE,
    NET_PURCHASE_RATIOS,
    RATIOS,
    USUAL_SHARES,
)
from tests.quality.marts_fixture import build_marts
from warehouse.errors import GateFailed, LoadError

if TYPE_CHECKING:
    from quality.gate import GateResult, Outcome
    from tests.quality.conftest import RawWarehouse
    from warehouse.settings import Settings

TODAY = date(2024, 1, 8)
NEWEST = "as_of_date = '2024-01-05' and sector = 'Energy' and window_days = 90 and insider_group = 'all'"
ENERGY_TIER = "sector = 'Energy' and window_days = 30 and insider_group = 'executives' and measure = 'npr_count'"
RATIO_TABLE = "marts.fct_sector_ratios_daily"
LINE_TABLE = "marts.fct_insider_transactions"
TIER_TABLE = "marts.fct_sector_tiers_quarterly"
SCORES = "marts.fct_trade_conviction"
COMPANY_TABLES = (
    SCORES,
    "marts.fct_trade_timing",
    "marts.fct_issuer_ratios_quarterly",
    "marts.fct_cluster_buys",
    "marts.rpt_high_conviction",
    "marts.rpt_screen_low_sell_buy",
    "marts.rpt_screen_selling_into_strength",
)
FIRST_SCORE = "where transaction_line_key like '%01|N|1'"
LAST_SCORE = "where transaction_line_key like '%12|N|1'"


@pytest.fixture
def marts(raw: RawWarehouse) -> RawWarehouse:
    """The raw day with good marts beside it."""
    build_marts(raw.connection)
    return raw


def check(marts: RawWarehouse) -> GateResult:
    return check_marts(marts.settings, marts.connection, today=TODAY)


def failure(result: GateResult, name: str) -> Outcome:
    found = {outcome.expectation: outcome for outcome in result.failures}
    assert name in found, f"{name} did not fail; failed were {sorted(found)}"
    return found[name]


def text_of(outcome: Outcome) -> str:
    return "\n".join(describe_row(row) for row in outcome.sample)


def ledger_fault(column: str) -> str:
    return f"update marts.fct_filing_day_ledger set {column} = {column} + 1"


# Expectation, the statement that plants the fault, and what the failing rows must name.
ERRORS: list[tuple[str, str, str]] = [
    ("marts_present", "drop table marts.dim_insiders", "missing_mart='dim_insiders'"),
    ("marts_filled", "delete from marts.dim_issuers", "empty_mart='dim_issuers'"),
    ("marts_filled", f"delete from {RATIO_TABLE}", "empty_mart='fct_sector_ratios_daily'"),
    ("marts_filled", f"delete from {TIER_TABLE}", "empty_mart='fct_sector_tiers_quarterly'"),
    ("mart_key_columns_present", f"alter table {TIER_TABLE} rename quarter_end to quarter", "quarter_end"),
    (
        "mart_grains_unique",
        f"insert into {RATIO_TABLE} select * from {RATIO_TABLE} where {NEWEST}",
        "as_of_date=2024-01-05, sector=Energy, window_days=90, insider_group=all, times=2",
    ),
    ("mart_keys_filled", f"update {RATIO_TABLE} set sector = null where {NEWEST}", "mart='fct_sector_ratios_daily'"),
    (
        "ledger_reaches_raw",
        "update marts.fct_filing_day_ledger set filing_day = date '2024-01-04'",
        "newest_ledger_day='2024-01-04'",
    ),
    (
        "as_of_reaches_raw",
        f"delete from {RATIO_TABLE} where as_of_date = '2024-01-05'",
        "as_of_date='2024-01-04'",
    ),
    (
        "as_of_not_ahead_of_raw",
        f"update {RATIO_TABLE} set as_of_date = '2024-01-06' where as_of_date = '2024-01-05'",
        "as_of_date='2024-01-06'",
    ),
    (
        "tiers_reach_last_quarter_end",
        f"update {TIER_TABLE} set quarter_end = '2023-09-30'",
        "newest_tier_quarter_end='2023-09-30'",
    ),
    (
        "ratio_sectors_in_domain",
        f"update {RATIO_TABLE} set sector = 'Energie' where {NEWEST}",
        "as_of_date='2024-01-05' sector='Energie' window_days=90 insider_group='all'",
    ),
    ("ratio_groups_in_domain", f"update {RATIO_TABLE} set insider_group = 'chiefs' where {NEWEST}", "chiefs"),
    ("ratio_rows_even", f"delete from {RATIO_TABLE} where {NEWEST.replace('05', '03')}", "year=2024"),
    ("ratio_dates_gap_free", f"delete from {RATIO_TABLE} where as_of_date = '2024-01-03'", "year=2024"),
    (
        "ratio_history_not_negative",
        f"update {RATIO_TABLE} set sell_usd = -5 where {NEWEST.replace('2024-01-05', '2023-12-30')}",
        "year=2023",
    ),
    (
        "ratio_history_npr_in_range",
        f"update {RATIO_TABLE} set npr_usd = -2 where {NEWEST.replace('2024-01-05', '2023-12-30')}",
        "year=2023",
    ),
    (
        "market_is_sum_of_sectors",
        f"update {RATIO_TABLE} set buy_usd = buy_usd + 0.01 where {NEWEST}",
        "measure='buy_usd'",
    ),
    ("sectors_in_ratios", f"delete from {RATIO_TABLE} where sector = 'Utilities'", "missing_in_ratios='Utilities'"),
    (
        "sectors_in_tiers",
        f"delete from {TIER_TABLE} where sector = 'Materials'",
        "sector='Materials' newest_quarter_end='2023-12-31'",
    ),
    ("sectors_in_dimension", "delete from marts.dim_sectors where sector = 'Energy'", "missing_in_dimension='Energy'"),
    ("tier_sectors_in_domain", f"update {TIER_TABLE} set sector = 'All' where {ENERGY_TIER}", "sector='All'"),
    ("tiers_filled", f"update {TIER_TABLE} set tier = null where {ENERGY_TIER}", "sector='Energy' window_days=30"),
    ("tiers_in_domain", f"update {TIER_TABLE} set tier = 'Buy' where {ENERGY_TIER}", "tier='Buy'"),
    (
        "suggested_weights_sum_to_one",
        f"update {TIER_TABLE} set suggested_weight = 0.2 where {ENERGY_TIER}",
        "quarter_end='2023-12-31' window_days=30 insider_group='executives' measure='npr_count'",
    ),
    ("weights_cover_eleven_sectors", f"delete from {TIER_TABLE} where {ENERGY_TIER}", "sector_count=10"),
    ("headline_is_one_combination", f"update {TIER_TABLE} set is_headline = false", "no headline"),
    ("headline_is_one_combination", f"update {TIER_TABLE} set is_headline = true where {ENERGY_TIER}", "in part"),
    (
        "newest_lines_unique",
        f"insert into {LINE_TABLE} from {LINE_TABLE} where transaction_line_key like '%03|N|1'",
        "0000950170-24-000003|N|1",
    ),
    (
        "line_sectors_in_domain",
        "update marts.fct_insider_transactions set sector = 'All' where transaction_line_key like '%03|N|1'",
        "transaction_line_key='0000950170-24-000003|N|1' sector='All'",
    ),
    (
        "signal_codes_in_domain",
        "update marts.fct_insider_transactions set is_signal_trade = true where transaction_line_key like '%03|D|1'",
        "signal_code='D A'",
    ),
    (
        "known_from_is_filing_date",
        "update marts.fct_insider_transactions set known_from = '2024-01-04' where transaction_line_key like '%03|N|1'",
        "known_from='2024-01-04'",
    ),
    (
        "known_to_after_known_from",
        "update marts.fct_insider_transactions set known_to = '2024-01-01' where transaction_line_key like '%03|N|1'",
        "early_known_to='2024-01-01'",
    ),
    (
        "roads_agree_mostly",
        (
            "update marts.fct_road_reconciliation set agreement = 'differs', difference = 'share_count', "
            "is_explained = false where accession_number <= '0000950170-24-000004'"
        ),
        (
            "quarter='2024q1' compared_count=12 unexplained_count=4 "
            "first_unexplained='0000950170-24-000001 differs share_count'"
        ),
    ),
    (
        "marts_filled",
        (
            "insert into raw.submission (accession_number, _road, _partition) values ('a', 'quarterly', '2024q1'); "
            "delete from marts.fct_road_reconciliation"
        ),
        "empty_mart='fct_road_reconciliation'",
    ),
    (
        "frozen_tiers_are_shown",
        (
            "insert into raw.frozen_tiers (quarter_end, sector, window_days, insider_group, measure) "
            "values ('2023-12-31', 'Utilities', 90, 'officers_directors', 'npr_usd')"
        ),
        "quarter_end='2023-12-31' frozen_count=2",
    ),
    ("marts_filled", "delete from marts.fct_tier_restatements", "empty_mart='fct_tier_restatements'"),
    ("marts_filled", "delete from marts.rpt_sector_confirmation", "empty_mart='rpt_sector_confirmation'"),
    (
        "prices_all_in_mart",
        "delete from marts.fct_etf_prices_daily where etf_symbol = 'XLE' and price_date = '2024-01-04'",
        "raw_price_count=4 mart_price_count=3",
    ),
    (
        "marts_filled",
        f"update {RATIO_TABLE} set buy_count = 1 where is_quarter_end; delete from marts.fct_issuer_ratios_quarterly",
        "empty_mart='fct_issuer_ratios_quarterly'",
    ),
    ("ledger_has_no_gain", "update marts.fct_filing_day_ledger set lost_withdrawn_count = -1", "2024-01-05"),
    ("ledger_fetches_complete", ledger_fault("lost_not_fetched_count"), "lost_not_fetched_count=1"),
    (
        "ledger_equals_independent_count",
        "delete from marts.fct_insider_transactions where transaction_line_key like '%03|D|1'",
        "stage='transaction lines' ledger_total=24",
    ),
    (
        "ledger_losses_known",
        "alter table marts.fct_filing_day_ledger add column lost_somehow_count bigint default 3",
        "lost_somehow_count",
    ),
]

DIFFERENCE = (
    "update marts.fct_road_reconciliation set agreement = 'differs', difference = 'share_count', is_explained = false "
)

# Faults in columns of their own, so one run shows them all.
TOGETHER: list[tuple[str, str, str]] = [
    *(
        (f"{name}_in_range", f"update {RATIO_TABLE} set {name} = 1.5 where {NEWEST}", "1.5")
        for name in NET_PURCHASE_RATIOS
    ),
    *((f"{name}_in_range", f"update {RATIO_TABLE} set {name} = 'inf' where {NEWEST}", "inf") for name in RATIOS),
    *((f"{name}_in_range", f"update {RATIO_TABLE} set {name} = -1 where {NEWEST}", f"{name}=-1") for name in AMOUNTS),
    (
        "forward_returns_possible",
        "update marts.fct_sector_forward_returns set forward_return = -0.97 where horizon_months = 3",
        "least_forward_return=-0.97",
    ),
    (
        "forward_returns_plausible",
        "update marts.fct_sector_forward_returns set forward_return = 4 where horizon_months = 6",
        "greatest_forward_return=4",
    ),
    *(
        (
            f"issuers_add_up_to_market_{name}",
            f"update marts.fct_issuer_ratios_quarterly set {name} = {name} + 1 where insider_group = 'executives'",
            "quarter_end='2023-12-31' window_days=90 insider_group='executives'",
        )
        for name in ISSUER_MEASURES
    ),
    (
        "every_signal_line_is_scored",
        "delete from marts.fct_trade_conviction where transaction_line_key like '%03|N|1'",
        "signal_line_count=12 scored_line_count=11",
    ),
    (
        "every_signal_line_is_timed",
        "delete from marts.fct_trade_timing where transaction_line_key like '%03|N|1'",
        "signal_line_count=12 scored_line_count=11 timed_line_count=11",
    ),
    (
        "high_conviction_is_overweight",
        f"update {TIER_TABLE} set tier = 'Neutral' where sector = 'Energy' and is_headline",
        "misplaced_cluster_count=1",
    ),
    ("scores_above_zero", f"update {SCORES} set conviction_score = -1 {FIRST_SCORE}", "least_score=-1"),
    ("scores_up_to_hundred", f"update {SCORES} set conviction_score = 101 {LAST_SCORE}", "greatest_score=101"),
    ("clusters_have_several_owners", "update marts.fct_cluster_buys set owner_count = 1", "least_owner_count=1"),
    (
        "cluster_owner_share_possible",
        "update marts.fct_cluster_buys set largest_owner_share = 1.2",
        "greatest_owner_share=1.2",
    ),
    (
        "low_sell_buy_is_below_one",
        "update marts.rpt_screen_low_sell_buy set sell_buy_ratio_usd = 1",
        "high_ratio_count=1",
    ),
    ("percentile_in_range", f"update {TIER_TABLE} set percentile = 50 where {ENERGY_TIER}", "percentile=50"),
    ("history_months_in_range", f"update {TIER_TABLE} set history_months = 61 where {ENERGY_TIER}", "61"),
    ("top_issuer_share_in_range", f"update {TIER_TABLE} set top_issuer_share = 1.2 where {ENERGY_TIER}", "1.2"),
    ("suggested_weight_in_range", f"update {TIER_TABLE} set suggested_weight = -0.1 where {ENERGY_TIER}", "-0.1"),
    ("weight_multipliers_in_range", f"update {TIER_TABLE} set weight_multiplier_high = 3 where {ENERGY_TIER}", "3.0"),
    *(
        (f"ledger_{total}_adds_up", ledger_fault(parts[0]), "filing_day='2024-01-05'")
        for total, parts in LEDGER_STAGES.items()
    ),
]

WARNINGS: list[tuple[str, str, str]] = [
    *(
        (
            f"{flag}_usual",
            f"update marts.rpt_data_quality set {unit}_share = {bound} + 0.001 where flag = '{flag}'",
            "filed_month='2024-01-01' road='daily'",
        )
        for flag, (unit, bound, _) in USUAL_SHARES.items()
    ),
    (
        "published_tiers_stand",
        (
            "update marts.fct_tier_restatements set tier = 'Overweight', is_tier_restated = true, "
            "restatement_reason = 'withdrawals'"
        ),
        "Energy Neutral -> Overweight withdrawals",
    ),
    (
        "prices_reach_ratios",
        "update marts.fct_etf_prices_daily set price_date = price_date - 8",
        "newest_price_date='2023-12-28' as_of_date='2024-01-05'",
    ),
    (
        "roads_agree",
        f"{DIFFERENCE} where accession_number = '0000950170-24-000003'",
        "unexplained_count=1 first_unexplained='0000950170-24-000003 differs share_count'",
    ),
    (
        "sectors_have_signals",
        "update marts.fct_insider_transactions set sector = 'Unmapped' where sector = 'Energy'",
        "sector='Energy'",
    ),
    (
        "sic_usually_known",
        "update marts.fct_insider_transactions set sic_source = 'none', sector = 'Unmapped' where sector < 'E'",
        "road='daily' signal_line_count=12",
    ),
]

# The same for warnings.
WARNINGS_TOGETHER: list[tuple[str, str, str]] = [
    ("scores_usual", f"update {SCORES} set conviction_score = 95", "average_score=95"),
    ("scores_rest_on_enough", f"update {SCORES} set known_weight_share = 0.25", "average_known_weight=0.25"),
    ("blackout_share_usual", f"update {SCORES} set timing_code = 'blackout'", "blackout_share=1"),
    (
        "clusters_usual",
        (
            f"update {SCORES} set issuer_cik = left(transaction_line_key, 20); "
            f"insert into {SCORES} select transaction_line_key || 'x', issuer_cik || 'x', "
            f"* exclude (transaction_line_key, issuer_cik) from {SCORES}; delete from marts.fct_cluster_buys; "
            f"insert into marts.fct_cluster_buys select issuer_cik, issuer_cik, known_from, 3, 0.5 from {SCORES}"
        ),
        "cluster_issuer_share=1",
    ),
    (
        "reactions_plausible",
        "update marts.rpt_screen_selling_into_strength set price_change = 9",
        "greatest_price_change=9",
    ),
]


def test_without_prices_the_marts_pass_and_a_warning_says_what_is_empty(marts: RawWarehouse) -> None:
    for table in (
        "raw.etf_prices",
        "marts.fct_etf_prices_daily",
        "marts.fct_sector_forward_returns",
        "marts.rpt_sector_confirmation",
    ):
        marts.run(f"delete from {table}")
    result = check(marts)
    assert [(outcome.expectation, outcome.severity) for outcome in result.failures] == [("prices_loaded", "warning")]
    assert "docs/prices.md" in result.failures[0].reason
    assert "missing_prices='no price is loaded'" in text_of(result.failures[0])


def test_good_marts_pass(marts: RawWarehouse) -> None:
    result = check(marts)

    assert result.failures == ()
    assert result.partition == "2024-01-05"
    assert {note.expectation for note in result.notes} == {
        "publication_not_going_back",
        "past_row_counts_unchanged",
        "past_line_counts_unchanged",
    }
    assert "nothing is published yet" in result.notes[0].reason


@pytest.mark.parametrize(("name", "fault", "named"), ERRORS, ids=[f"{case[0]}-{n}" for n, case in enumerate(ERRORS)])
def test_a_planted_error_fails_the_gate_and_is_named(marts: RawWarehouse, name: str, fault: str, named: str) -> None:
    marts.run(fault)

    result = check(marts)

    assert failure(result, name).severity == "error"
    assert named in text_of(failure(result, name))
    with pytest.raises(GateFailed) as raised:
        result.raise_for_errors()
    assert name in str(raised.value)
    assert named in str(raised.value)


def test_every_column_out_of_range_is_named(marts: RawWarehouse) -> None:
    for _, fault, _ in TOGETHER:
        marts.run(fault)

    result = check(marts)

    with pytest.raises(GateFailed) as raised:
        result.raise_for_errors()
    for name, _, named in TOGETHER:
        assert failure(result, name).severity == "error"
        assert named in text_of(failure(result, name)), name
        assert name in str(raised.value)


def test_every_warning_of_the_company_marts_is_reported(marts: RawWarehouse) -> None:
    for _, fault, _ in WARNINGS_TOGETHER:
        marts.run(fault)

    result = check(marts)

    for name, _, named in WARNINGS_TOGETHER:
        assert failure(result, name).severity == "warning"
        assert named in text_of(failure(result, name)), name


@pytest.mark.parametrize(("name", "fault", "named"), WARNINGS, ids=[case[0] for case in WARNINGS])
def test_a_warning_is_reported(marts: RawWarehouse, name: str, fault: str, named: str) -> None:
    marts.run(fault)

    result = check(marts)

    assert failure(result, name).severity == "warning"
    assert named in text_of(failure(result, name))


def test_three_differences_of_a_quarter_are_no_error(marts: RawWarehouse) -> None:
    marts.run(f"{DIFFERENCE} where accession_number <= '0000950170-24-000003'")

    result = check(marts)

    assert [(outcome.expectation, outcome.severity) for outcome in result.failures] == [("roads_agree", "warning")]


def test_filings_that_one_road_lacks_are_a_warning_however_many(marts: RawWarehouse) -> None:
    marts.run(
        "update marts.fct_road_reconciliation set agreement = 'only_quarterly', reason_code = 'missing_on_daily', "
        "is_explained = false"
    )

    assert [(outcome.expectation, outcome.severity) for outcome in check(marts).failures] == [
        ("roads_agree", "warning")
    ]


def test_what_a_road_could_not_hold_is_not_compared(marts: RawWarehouse) -> None:
    marts.run("update marts.fct_road_reconciliation set agreement = 'only_daily', reason_code = 'quarter_edge'")

    assert check(marts).failures == ()


def test_without_a_quarter_that_both_roads_hold_there_is_nothing_to_compare(marts: RawWarehouse) -> None:
    marts.run("delete from marts.fct_road_reconciliation")

    assert check(marts).failures == ()


def more_lines(count: int, *, sector: str, sic_source: str) -> str:
    """More signal lines of one kind, on the newest filing day."""
    return (
        "insert into marts.fct_insider_transactions select lines.* replace ("
        f"'more-{sector}-' || range || '|N|1' as transaction_line_key, '{sector}' as sector, "
        f"'{sic_source}' as sic_source) "
        f"from (from marts.fct_insider_transactions where transaction_line_key like '%01|N|1') as lines, range({count})"
    )


def test_headers_without_sic_are_an_error_on_the_daily_road(marts: RawWarehouse) -> None:
    marts.run(more_lines(30, sector="Unmapped", sic_source="none"))

    assert failure(check(marts), "sic_known_on_daily_road").sample[0]["without_sic_count"] == 31


def test_an_unknown_sic_on_the_quarterly_road_is_only_a_warning(marts: RawWarehouse) -> None:
    marts.run(more_lines(30, sector="Unmapped", sic_source="none"))
    marts.run("update marts.fct_insider_transactions set road = 'quarterly'")

    result = check(marts)

    assert failure(result, "sic_usually_known").severity == "warning"
    assert "sic_known_on_daily_road" not in {outcome.expectation for outcome in result.failures}


@pytest.mark.parametrize(
    ("unmapped", "names"), [(10, {"sic_usually_mapped"}), (40, {"sic_usually_mapped", "sic_mapped"})]
)
def test_a_mapping_that_was_not_joined_is_an_error(marts: RawWarehouse, unmapped: int, names: set[str]) -> None:
    marts.run(more_lines(20, sector="Energy", sic_source="filing_header"))
    marts.run(more_lines(unmapped, sector="Unmapped", sic_source="filing_header"))

    result = check(marts)

    mapping = {"sic_usually_mapped", "sic_mapped"}
    assert {outcome.expectation for outcome in result.failures} & mapping == names


def test_old_data_is_a_warning_and_only_for_real_data(marts: RawWarehouse) -> None:
    later = check_marts(marts.settings, marts.connection, today=date(2024, 1, 11))
    marts.add("loads", _road="daily", _partition="2024-01-05", is_simulated=True)
    simulated = check_marts(marts.settings, marts.connection, today=date(2025, 1, 11))

    assert [(outcome.expectation, outcome.severity) for outcome in later.failures] == [("data_recent", "warning")]
    assert simulated.failures == ()


def publish_copy(marts: RawWarehouse, *statements: str) -> None:
    """A published file as it is now, then changed by statements."""
    marts.settings.published_dir.mkdir(parents=True)
    ratios = marts.connection.execute(f"from {RATIO_TABLE}").to_arrow_table()
    with duckdb.connect(str(marts.settings.published_path)) as published:
        published.register("ratios", ratios)
        published.execute("create table fct_sector_ratios_daily as select * from ratios")
        for statement in statements:
            published.execute(statement)


def test_marts_as_published_pass(marts: RawWarehouse) -> None:
    publish_copy(marts)

    result = check(marts)

    assert result.failures == ()
    assert result.notes == ()


def test_going_back_behind_the_published_copy_is_an_error(marts: RawWarehouse) -> None:
    publish_copy(marts, "update fct_sector_ratios_daily set as_of_date = '2024-01-09' where as_of_date = '2024-01-05'")

    outcome = failure(check(marts), "publication_not_going_back")

    assert outcome.severity == "error"
    assert "as_of_date='2024-01-05' published_as_of_date='2024-01-09'" in text_of(outcome)


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("past_row_counts_unchanged", "delete from fct_sector_ratios_daily where is_quarter_end and sector = 'Energy'"),
        (
            "past_line_counts_unchanged",
            "update fct_sector_ratios_daily set buy_line_count = 7 where is_quarter_end and sector = 'All'",
        ),
    ],
)
def test_a_past_that_changed_is_a_warning_with_its_explanation(marts: RawWarehouse, name: str, statement: str) -> None:
    publish_copy(marts, statement)

    outcome = failure(check(marts), name)

    assert outcome.severity == "warning"
    assert outcome.sample[0]["quarter_end"] == "2023-12-31"


def test_a_published_copy_without_ratios_is_said(marts: RawWarehouse) -> None:
    publish_copy(marts, "drop table fct_sector_ratios_daily")

    assert "holds no ratios" in check(marts).notes[0].reason


def test_marts_of_a_first_day_without_signals_pass(marts: RawWarehouse) -> None:
    """A new warehouse may hold one quiet day: no ratios, no tiers, nothing wrong."""
    marts.run("update marts.fct_insider_transactions set is_signal_trade = false, exclusion_reason = 'not_open_market'")
    marts.run(
        "update marts.fct_filing_day_ledger set signal_line_count = 0, open_market_line_count = 0, "
        "lost_not_open_market_count = 12, lost_unmapped_sector_count = 0, headline_line_count = 0"
    )
    marts.run("update marts.fct_insider_transactions set is_signal_while_known = false")
    for table in (RATIO_TABLE, TIER_TABLE, *COMPANY_TABLES):
        marts.run(f"delete from {table}")

    result = check(marts)

    assert result.passed
    assert result.partition == "none"


def test_a_column_the_gate_reads_and_the_marts_lack_fails_it(marts: RawWarehouse) -> None:
    marts.run(f"alter table {RATIO_TABLE} drop column npr_usd")

    with pytest.raises(GateFailed, match="npr_usd"):
        check(marts)


def test_the_warehouse_is_opened_read_only_by_the_gate_itself(marts: RawWarehouse) -> None:
    marts.connection.execute("commit")
    marts.connection.close()

    result = check_marts(marts.settings, today=TODAY)

    assert result.passed
    assert result.data_docs.is_file()


def test_without_a_warehouse_the_gate_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(LoadError, match="make demo"):
        check_marts(settings)


def test_every_expectation_has_a_case_that_makes_it_fail() -> None:
    elsewhere = {
        "data_recent",
        "prices_loaded",
        "sic_known_on_daily_road",
        "sic_usually_mapped",
        "sic_mapped",
        "publication_not_going_back",
        "past_row_counts_unchanged",
        "past_line_counts_unchanged",
    }
    names = {expectation.name for frame in MARTS_SUITE.frames for expectation in frame.expectations}

    assert {case[0] for case in ERRORS + TOGETHER + WARNINGS + WARNINGS_TOGETHER} | elsewhere == names
