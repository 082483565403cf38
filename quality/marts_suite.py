"""What must hold for the marts before they are published.

dbt tests every model while it is built; here the marts are looked at once more as a reader will see them, together,
and beside raw and the copy that is published now.
"""

from __future__ import annotations

from dataclasses import dataclass

from quality.expectations import between, empty, in_set, not_null, unique
from quality.suite import Expect, FrameSuite, GateSuite

SECTORS = (
    "Communication Services",
    "Consumer Discretionary",
    "Consumer Staples",
    "Energy",
    "Financials",
    "Health Care",
    "Industrials",
    "Information Technology",
    "Materials",
    "Real Estate",
    "Utilities",
)
SECTORS_AND_TOTALS = (*SECTORS, "All", "Unmapped")
INSIDER_GROUPS = ("all", "officers_directors", "executives", "opportunistic")
TIERS = ("Overweight", "Neutral", "Underweight", "Insufficient history")

# Larger than any sum of dollars or shares here, smaller than infinity: no division by zero may get through.
FINITE = 1e18


@dataclass(frozen=True)
class Mart:
    """A mart's grain.

    Attributes:
        name: Table in schema ``marts``.
        keys: Columns that name a row.
        is_required: Whether the marts cannot be published without it.
    """

    name: str
    keys: tuple[str, ...]
    is_required: bool = True


MARTS = (
    Mart("dim_sectors", ("sector",)),
    Mart("dim_issuers", ("issuer_cik",)),
    Mart("dim_insiders", ("owner_cik",)),
    Mart("dim_dates", ("date_day",)),
    Mart("fct_insider_transactions", ("transaction_line_key",)),
    Mart("fct_sector_ratios_daily", ("as_of_date", "sector", "window_days", "insider_group")),
    Mart("fct_sector_tiers_quarterly", ("quarter_end", "sector", "window_days", "insider_group", "measure")),
    Mart("fct_filing_day_ledger", ("filing_day",)),
    Mart("fct_road_reconciliation", ("accession_number",)),
    Mart("fct_tier_restatements", ("quarter_end", "sector", "window_days", "insider_group", "measure")),
    Mart("rpt_sector_coverage", ("filed_month", "road", "sic_source")),
    Mart("rpt_data_quality", ("filed_month", "road", "flag")),
    Mart("fct_issuer_ratios_quarterly", ("quarter_end", "issuer_cik", "insider_group")),
    Mart("fct_cluster_buys", ("cluster_key",)),
    Mart("fct_trade_timing", ("transaction_line_key",)),
    Mart("fct_trade_conviction", ("transaction_line_key",)),
    Mart("rpt_high_conviction", ("cluster_key",)),
    Mart("rpt_screen_low_sell_buy", ("quarter_end", "issuer_cik", "insider_group")),
    Mart("rpt_screen_selling_into_strength", ("quarter_end", "issuer_cik", "insider_group")),
    Mart("fct_etf_prices_daily", ("etf_symbol", "price_date")),
    Mart("fct_sector_forward_returns", ("quarter_end", "sector", "horizon_months")),
    Mart("rpt_sector_confirmation", ("quarter_end", "sector")),
    Mart(
        "rpt_signal_evidence",
        ("measure", "window_days", "insider_group", "horizon_months", "scope", "period"),
        is_required=False,
    ),
    Mart(
        "rpt_signal_evidence_quarterly",
        ("quarter_end", "measure", "window_days", "insider_group", "horizon_months"),
        is_required=False,
    ),
    Mart("rpt_tier_backtest", ("portfolio", "rebalancing", "period"), is_required=False),
    Mart("rpt_tier_backtest_monthly", ("month_date", "portfolio", "rebalancing"), is_required=False),
    Mart("rpt_tier_report", ("quarter_end", "sector"), is_required=False),
    Mart("rpt_tier_drivers", ("quarter_end", "sector", "driver_rank"), is_required=False),
    Mart("rpt_tier_clusters", ("quarter_end", "cluster_key"), is_required=False),
    Mart("rpt_quarter_ledger", ("quarter_end",), is_required=False),
)

# Totals of fct_filing_day_ledger and what they fall into: what goes on, and every loss with its reason.
LEDGER_STAGES: dict[str, tuple[str, ...]] = {
    "index_line_count": ("lost_repeated_index_line_count", "accession_count"),
    "accession_count": (
        "lost_not_fetched_count",
        "lost_not_found_count",
        "lost_quarantined_count",
        "lost_listed_on_other_day_count",
        "parsed_accession_count",
    ),
    "filing_count": ("daily_filing_count", "quarterly_filing_count"),
    "transaction_line_count": ("lost_derivative_count", "lost_not_open_market_count", "open_market_line_count"),
    "open_market_line_count": (
        "lost_superseded_count",
        "lost_withdrawn_count",
        "lost_joint_duplicate_count",
        "lost_date_not_valid_count",
        "lost_plan_purchase_count",
        "lost_private_placement_count",
        "lost_exercise_linked_count",
        "signal_line_count",
    ),
    "signal_line_count": (
        "lost_not_officer_or_director_count",
        "lost_price_not_valid_count",
        "lost_unmapped_sector_count",
        "headline_line_count",
    ),
}

# Flags of rpt_data_quality whose share of a month is worth a look above a bound: what is counted, the bound, why it is
# where it is. The figures behind them are those of the data sets of 2025, month by month.
USUAL_SHARES: dict[str, tuple[str, float, str]] = {
    "price_suspect": (
        "line",
        0.02,
        "Totals and slips in price fields are one or two in ten thousand lines; above 2% prices are misread.",
    ),
    "cast_failure": ("line", 0.01, "Text where a number or date belongs is rare; above 1% a format changed."),
    "date_suspect": ("line", 0.01, "Impossible dates are typing errors, a few in ten thousand lines."),
    "joint_duplicate": (
        "line",
        0.05,
        "Funds, their managers and directors repeat each other's trades; above 5% strangers are being merged.",
    ),
    "superseded": ("line", 0.05, "About one line in seventy is restated; above 5% amendments match too much."),
    "amendment": ("filing", 0.1, "About one filing in fifty is an amendment; a mass refiling deserves a look."),
    "quarantined": ("filing", 0.03, "A few in a thousand cannot be read; above 3% the forms or our parser changed."),
    "withdrawn": ("filing", 0.02, "EDGAR takes few filings back; above 2% an index was cut short."),
    "several_owners": (
        "filing",
        0.25,
        "Less than a tenth of the filings have several owners; above 25% owners multiply.",
    ),
    "late": (
        "line",
        0.3,
        "A tenth or less come after two business days; above 30% trade dates are misread or the calendar is wrong.",
    ),
}

# Columns of fct_sector_ratios_daily by what they may hold.
NET_PURCHASE_RATIOS = ("npr_count", "npr_share_count", "npr_usd")
RATIOS = tuple(f"{pair}_ratio_{unit}" for pair in ("buy_sell", "sell_buy") for unit in ("count", "share_count", "usd"))
ADDITIVE = tuple(f"{side}_{unit}" for side in ("buy", "sell") for unit in ("line_count", "share_count", "usd"))
# What the issuers' quarters and the market's have in common.
ISSUER_MEASURES = tuple(f"{side}_{unit}" for side in ("buy", "sell") for unit in ("count", "share_count", "usd"))
AMOUNTS = (*ADDITIVE, "buy_count", "sell_count", "buy_insider_count", "sell_insider_count")


def _equal(name: str, left: str, right: str, reason: str, *, is_warning: bool = False) -> Expect:
    return Expect(
        name,
        "ExpectColumnPairValuesToBeEqual",
        {"column_A": left, "column_B": right, "ignore_row_if": "either_value_is_missing"},
        "warning" if is_warning else "error",
        reason,
    )


_MARTS = FrameSuite(
    "marts",
    "mart named in the architecture",
    ("mart", "row_count"),
    (
        empty("marts_present", "missing_mart", "Analysts and BI tools depend on these names."),
        empty("marts_filled", "empty_mart", "An empty mart would replace a filled one in the published copy."),
        empty(
            "mart_key_columns_present",
            "missing_key_columns",
            "Joins of readers are written against the grain's columns.",
        ),
        empty(
            "mart_grains_unique",
            "first_repeated_key",
            "A repeated row is added up twice by every reader; the grain is stated in the architecture.",
        ),
        between("mart_keys_filled", "null_key_count", 0, 0, "A row without its key can neither be found nor joined."),
    ),
)

_FRESHNESS = FrameSuite(
    "freshness",
    "the marts, compared with raw",
    ("as_of_date", "newest_filing_day", "newest_loaded_day"),
    (
        _equal(
            "ledger_reaches_raw",
            "newest_ledger_day",
            "newest_filing_day",
            "The marts were built from everything that is loaded: compared with raw, never with the wall clock.",
        ),
        between(
            "as_of_reaches_raw",
            "days_behind_raw",
            0,
            0,
            "The newest as-of date is the newest filing day that is loaded, also when nobody traded on it.",
        ),
        between(
            "as_of_not_ahead_of_raw",
            "days_ahead_of_raw",
            0,
            0,
            "An as-of date after the last loaded day would claim to know filings nobody has fetched.",
        ),
        _equal(
            "tiers_reach_last_quarter_end",
            "newest_tier_quarter_end",
            "newest_quarter_end",
            "Every quarter end the ratios cover has tiers.",
        ),
        between(
            "data_recent",
            "days_behind_wall_clock",
            None,
            5,
            "EDGAR publishes every business day: more than 5 calendar days (a long weekend and a retry) means "
            "that loading has stopped. Simulated data has no wall clock.",
            is_warning=True,
        ),
    ),
)

_RATIO_KEYS = ("as_of_date", "sector", "window_days", "insider_group")

_RATIOS = FrameSuite(
    "ratios",
    "row of fct_sector_ratios_daily at the newest as-of date and the newest quarter end",
    _RATIO_KEYS,
    (
        in_set(
            "ratio_sectors_in_domain", "sector", SECTORS_AND_TOTALS, "Eleven sectors, the market, and what has none."
        ),
        in_set("ratio_groups_in_domain", "insider_group", INSIDER_GROUPS, "The four groups that are defined."),
        *(
            between(
                f"{column}_in_range",
                column,
                -1,
                1,
                "(buys - sells) / (buys + sells) cannot leave [-1, 1] (Lakonishok & Lee 2001).",
            )
            for column in NET_PURCHASE_RATIOS
        ),
        *(
            between(
                f"{column}_in_range", column, 0, FINITE, "A quotient of sums; a zero denominator is NULL, not infinity."
            )
            for column in RATIOS
        ),
        *(
            between(f"{column}_in_range", column, 0, FINITE, "Nobody buys or sells less than nothing.")
            for column in AMOUNTS
        ),
    ),
)

_RATIO_YEARS = FrameSuite(
    "ratio_years",
    "calendar year of fct_sector_ratios_daily",
    ("year", "row_count"),
    (
        between(
            "ratio_rows_even",
            "uneven_date_count",
            0,
            0,
            "Every as-of date has a row for every sector, window and group; a hole looks like a day without trades.",
        ),
        between(
            "ratio_dates_gap_free",
            "missing_date_count",
            0,
            0,
            "The calendar is gap-free, so that a rolling window can be read on any day.",
        ),
        between("ratio_history_not_negative", "least_amount", 0, None, "A running total below zero lost an entry."),
        between(
            "ratio_history_npr_in_range",
            "greatest_absolute_npr",
            0,
            1,
            "(buys - sells) / (buys + sells) cannot leave [-1, 1].",
        ),
    ),
)

_ADDITIVITY = FrameSuite(
    "additivity",
    "additive column of fct_sector_ratios_daily at the newest as-of date and the newest quarter end",
    ("as_of_date", "window_days", "insider_group", "measure"),
    (
        _equal(
            "market_is_sum_of_sectors",
            "market_total",
            "sector_total",
            "All is the eleven sectors and Unmapped: lines, shares and dollars belong to exactly one of them.",
        ),
    ),
)

_COVERAGE = FrameSuite(
    "sector_coverage",
    "one of the eleven sectors",
    ("sector", "newest_quarter_end"),
    (
        empty(
            "sectors_in_ratios", "missing_in_ratios", "A sector without rows looks as if its insiders had gone silent."
        ),
        empty("sectors_in_tiers", "missing_in_newest_tiers", "Weights are renormalised over all eleven sectors."),
        empty("sectors_in_dimension", "missing_in_dimension", "Reports join names and ETFs from dim_sectors."),
        between(
            "sectors_have_signals",
            "signal_line_count",
            1,
            None,
            "In a full universe every sector has trades in 90 days; none points to a mapping that broke.",
            is_warning=True,
        ),
    ),
)

_MAPPING = FrameSuite(
    "sector_mapping",
    "road that filings of the newest 90 days came by",
    ("road", "signal_line_count", "without_sic_count", "unmapped_sic_count"),
    (
        between(
            "sic_usually_known",
            "without_sic_share",
            None,
            0.2,
            "Lines whose issuer's SIC is not known to us have no sector. The daily road has it in the header; the "
            "quarterly road waits for the issuer's record.",
            is_warning=True,
        ),
        between(
            "sic_known_on_daily_road",
            "without_sic_share_daily",
            None,
            0.4,
            "Every submission header carries the issuer's SIC (a few new registrants have none yet): above 40% the "
            "header is no longer read.",
        ),
        between(
            "sic_usually_mapped",
            "unmapped_sic_share",
            None,
            0.2,
            "SPACs, funds and shells are unmapped on purpose; about a tenth of the lines is usual.",
            is_warning=True,
        ),
        between(
            "sic_mapped",
            "unmapped_sic_share",
            None,
            0.5,
            "With more than half of the classified lines outside the eleven sectors the seed was not joined.",
        ),
    ),
)

_TIERS = FrameSuite(
    "tiers",
    "row of fct_sector_tiers_quarterly at the newest quarter end",
    ("quarter_end", "sector", "window_days", "insider_group", "measure"),
    (
        in_set("tier_sectors_in_domain", "sector", SECTORS, "The market and what has no sector carry no weight."),
        not_null("tiers_filled", "tier", "A quarter without enough history says so: Insufficient history."),
        in_set("tiers_in_domain", "tier", TIERS, "The guide's three tiers, and the honest fourth."),
        between("percentile_in_range", "percentile", 0, 1, "A mid-rank share of the past month-ends."),
        between("history_months_in_range", "history_months", 0, 60, "Five years of month-ends at most."),
        between("top_issuer_share_in_range", "top_issuer_share", 0, 1, "A share of the sector's dollars."),
        between("suggested_weight_in_range", "suggested_weight", 0, 1, "A share of the portfolio, never short."),
        between(
            "weight_multipliers_in_range",
            "weight_multiplier_high",
            0.5,
            2,
            "The guide's ranges: 0.5 for the lowest underweight to 2 for the highest overweight.",
        ),
    ),
)

_WEIGHTS = FrameSuite(
    "weights",
    "quarter end, window, insider group and measure of fct_sector_tiers_quarterly",
    ("quarter_end", "window_days", "insider_group", "measure"),
    (
        between(
            "suggested_weights_sum_to_one",
            "suggested_weight_sum",
            1 - 1e-9,
            1 + 1e-9,
            "The weights are renormalised to 100%; a billionth is rounding.",
        ),
        between(
            "weights_cover_eleven_sectors", "sector_count", 11, 11, "A missing sector's weight went to the others."
        ),
        in_set(
            "headline_is_one_combination",
            "headline_state",
            ("headline", "other"),
            "One row per sector and quarter is the headline: 90 days, officers and directors, npr_usd.",
        ),
    ),
)

_TRANSACTIONS = FrameSuite(
    "newest_transactions",
    "row of fct_insider_transactions of the newest filing day",
    ("transaction_line_key",),
    (
        unique("newest_lines_unique", "transaction_line_key", "One line per accession, table and row number."),
        in_set("line_sectors_in_domain", "sector", (*SECTORS, "Unmapped"), "All is no line's sector."),
        in_set(
            "signal_codes_in_domain",
            "signal_code",
            ("N P", "N S"),
            "Only codes P and S of the non-derivative table are decisions on the open market.",
        ),
        _equal("known_from_is_filing_date", "known_from", "filed_date", "The market learned of it on its filing date."),
        empty("known_to_after_known_from", "early_known_to", "A line is superseded after it was known, not before."),
    ),
)

_LEDGER = FrameSuite(
    "ledger",
    "filing day of fct_filing_day_ledger",
    ("filing_day", *LEDGER_STAGES),
    (
        *(
            between(
                f"ledger_{total}_adds_up",
                f"{total}_unexplained",
                0,
                0,
                f"{total} is what goes on plus every loss with its reason; nothing is dropped silently.",
            )
            for total in LEDGER_STAGES
        ),
        between("ledger_has_no_gain", "least_count", 0, None, "No stage can lose less than nothing."),
        between(
            "ledger_fetches_complete",
            "lost_not_fetched_count",
            0,
            0,
            "The raw gate lets no day in with a filing missing; one here was lost later.",
        ),
    ),
)

_DATA_QUALITY = FrameSuite(
    "data_quality",
    "road of rpt_data_quality, its newest month with 200 lines or more",
    ("filed_month", "road", "total_line_count", "total_filing_count"),
    tuple(
        between(f"{flag}_usual", f"{flag}_{unit}_share", None, bound, reason, is_warning=True)
        for flag, (unit, bound, reason) in USUAL_SHARES.items()
    ),
)

_LEDGER_TOTALS = FrameSuite(
    "ledger_totals",
    "stage of the ledger, summed over all days and counted independently",
    ("stage",),
    (
        _equal(
            "ledger_equals_independent_count",
            "ledger_total",
            "counted_total",
            "Counted in raw and in the marts themselves, not by the models the ledger is made from.",
        ),
        empty("ledger_losses_known", "unknown_loss_column", "Every lost_ column is part of a sum that is checked."),
    ),
)

_RECONCILIATION = FrameSuite(
    "reconciliation",
    "quarter whose filings both roads hold",
    ("quarter", "compared_count", "unexplained_count", "first_unexplained"),
    (
        between(
            "roads_agree",
            "unexplained_count",
            0,
            0,
            "The SEC's own flattening is the independent check of our parser: each filing that differs or that one "
            "road lacks without a reason is to be looked at, in fct_road_reconciliation.",
            is_warning=True,
        ),
        between(
            "roads_agree_mostly",
            "differing_share",
            None,
            0.01,
            "A filing may be mended by hand at the SEC; more than one in a hundred that both roads hold with other "
            "numbers means that a road is read wrongly. The first three of a quarter are not counted, nor are filings "
            "one road lacks: whether a day or a set is complete is the business of its own gate.",
        ),
    ),
)

_FROZEN = FrameSuite(
    "frozen_tiers",
    "quarter whose tiers are frozen",
    ("quarter_end", "frozen_count", "restated_headline_count", "first_restated"),
    (
        _equal(
            "frozen_tiers_are_shown",
            "frozen_count",
            "shown_count",
            "Every tier that was published and frozen stands beside what today's data says of it.",
        ),
        between(
            "published_tiers_stand",
            "restated_headline_count",
            0,
            0,
            "A headline tier that readers were given would be another one today: fct_tier_restatements says why, "
            "docs/runbooks/restated_tier.md what to do.",
            is_warning=True,
        ),
    ),
)

_PRICES = FrameSuite(
    "prices",
    "the marts of prices and returns, compared with raw",
    ("newest_price_date", "as_of_date", "raw_price_count", "mart_price_count"),
    (
        empty(
            "prices_loaded",
            "missing_prices",
            "Without prices the marts of returns and of confirmation are empty; ratios and tiers need none. "
            "docs/prices.md says how to get them.",
            is_warning=True,
        ),
        between(
            "prices_reach_ratios",
            "days_behind_ratios",
            None,
            7,
            "Prices come every trading day, as filings do: more than a week behind, fetching has stopped.",
            is_warning=True,
        ),
        _equal(
            "prices_all_in_mart",
            "raw_price_count",
            "mart_price_count",
            "Every readable close of a known fund is a row of fct_etf_prices_daily, counted in raw independently.",
        ),
        between(
            "forward_returns_possible",
            "least_forward_return",
            -0.95,
            None,
            "No sector fund has lost nineteen twentieths in a year; a split that one close does not know looks so.",
        ),
        between(
            "forward_returns_plausible",
            "greatest_forward_return",
            None,
            3,
            "No sector fund has quadrupled in a year; a reverse split that one close does not know looks so.",
        ),
    ),
)

_ISSUER_TOTALS = FrameSuite(
    "issuer_totals",
    "quarter end and insider group of fct_issuer_ratios_quarterly, its issuers added up beside the market",
    ("quarter_end", "window_days", "insider_group"),
    tuple(
        _equal(
            f"issuers_add_up_to_market_{measure}",
            f"issuer_{measure}",
            f"market_{measure}",
            "The market of fct_sector_ratios_daily is computed by events and running totals, an issuer's quarter "
            "line by line: two ways to one number.",
        )
        for measure in ISSUER_MEASURES
    ),
)

_COMPANIES = FrameSuite(
    "companies",
    "the company marts, and the transactions they are made of",
    ("signal_line_count", "scored_line_count", "timed_line_count", "cluster_count"),
    (
        _equal(
            "every_signal_line_is_scored",
            "signal_line_count",
            "scored_line_count",
            "A trade without a score would be missing from every ranking; counted in the transactions themselves.",
        ),
        _equal(
            "every_signal_line_is_timed",
            "signal_line_count",
            "timed_line_count",
            "Where no results are known the row says so; none is left out.",
        ),
        between("scores_above_zero", "least_score", 0, None, "A weighted average of shares, times 100."),
        between("scores_up_to_hundred", "greatest_score", None, 100, "A weighted average of shares, times 100."),
        between(
            "scores_usual",
            "average_score",
            20,
            80,
            "A usual trade has about half of each component: further off one has lost its meaning.",
            is_warning=True,
        ),
        between(
            "scores_rest_on_enough",
            "average_known_weight",
            0.4,
            None,
            "Role, class and pattern are always known, 35 of the weights' 100: with less than 40 neither holdings "
            "nor sizes are read any more.",
            is_warning=True,
        ),
        between(
            "blackout_share_usual",
            "blackout_share",
            None,
            0.6,
            "Thirty-two days of each quarter's ninety-one are in the expected blackout and insiders mostly keep "
            "out of it: above 60% the calendar of results is off by weeks.",
            is_warning=True,
        ),
        between(
            "clusters_have_several_owners",
            "least_owner_count",
            2,
            None,
            "One buyer is no cluster, whatever the parameters are set to.",
        ),
        between(
            "cluster_owner_share_possible",
            "greatest_owner_share",
            0,
            1,
            "A share of the cluster's dollars.",
        ),
        between(
            "clusters_usual",
            "cluster_issuer_share",
            None,
            0.5,
            "Clusters are the exception: where half of the issuers whose insiders bought in the newest year have "
            "one, joint filers or a share plan are taken for many buyers.",
            is_warning=True,
        ),
        between(
            "high_conviction_is_overweight",
            "misplaced_cluster_count",
            0,
            0,
            "Each cluster of rpt_high_conviction lies in a sector whose headline tier was Overweight at the last "
            "quarter end up to the day it became known; looked up in the tiers again.",
        ),
        between(
            "low_sell_buy_is_below_one",
            "high_ratio_count",
            0,
            0,
            "A screen for sell/buy ratios below one lists none at or above it.",
        ),
        between(
            "reactions_plausible",
            "greatest_price_change",
            None,
            5,
            "No reaction to results is a sixfold price: a split between the prices insiders reported looks so.",
            is_warning=True,
        ),
    ),
)

_PUBLICATION = FrameSuite(
    "publication",
    "the marts, compared with the published copy",
    ("as_of_date", "published_as_of_date"),
    (
        between(
            "publication_not_going_back",
            "days_behind_published",
            0,
            0,
            "Readers would lose days they have already seen.",
        ),
    ),
)

_PUBLISHED_HISTORY = FrameSuite(
    "published_history",
    "quarter end that both the marts and the published copy hold",
    ("quarter_end",),
    (
        _equal(
            "past_row_counts_unchanged",
            "row_count",
            "published_row_count",
            "Past as-of numbers do not change, because they use only what was filed by then. They do when older "
            "history is loaded, a filing is withdrawn or a definition changes: then say so in the changelog.",
            is_warning=True,
        ),
        _equal(
            "past_line_counts_unchanged",
            "line_count",
            "published_line_count",
            "The same, for the lines inside the 90-day window of the whole market.",
            is_warning=True,
        ),
    ),
)

MARTS_SUITE = GateSuite(
    "marts",
    "All marts, before they are published.",
    (
        _MARTS,
        _FRESHNESS,
        _RATIOS,
        _RATIO_YEARS,
        _ADDITIVITY,
        _COVERAGE,
        _MAPPING,
        _TIERS,
        _WEIGHTS,
        _TRANSACTIONS,
        _LEDGER,
        _DATA_QUALITY,
        _LEDGER_TOTALS,
        _RECONCILIATION,
        _FROZEN,
        _PRICES,
        _ISSUER_TOTALS,
        _COMPANIES,
        _PUBLICATION,
        _PUBLISHED_HISTORY,
    ),
)
