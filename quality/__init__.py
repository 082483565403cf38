"""Great Expectations at the two boundaries: raw coming in, marts going out."""

from quality.gate import KEPT_RUNS, GateResult, Outcome
from quality.marts_gate import check_marts
from quality.raw_gate import check_filing_day, check_issuers, check_prices, check_quarter

__all__ = [
    "KEPT_RUNS",
    "GateResult",
    "Outcome",
    "check_filing_day",
    "check_issuers",
    "check_marts",
    "check_prices",
    "check_quarter",
]
