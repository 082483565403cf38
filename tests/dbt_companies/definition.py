"""The company marts as a person with the filings would work them out, to check the models by.

It shares nothing with the models: no windows, no running totals, no merged spans. For each day or trade in question it
looks at all lines, keeps those that count then, and counts. Far too slow for a warehouse and easy to believe.

A line here is a row for each span in which a line of a filing counts: from ``enters_on`` up to, not including,
``known_to``; a line that counts again, because its amendment was withdrawn, is two rows.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    import duckdb
    import pandas as pd

Line: TypeAlias = "dict[Hashable, Any]"
Purchases: TypeAlias = "dict[tuple[str, date], list[Line]]"
Trade: TypeAlias = "tuple[str, str, date, str, date]"

CLUSTER_OWNERS, CLUSTER_DAYS, CLUSTER_DOLLARS = 3, 30, 10_000
ISSUER_WINDOW_DAYS, PAUSE_QUARTERS, REVERSAL_QUARTERS, REVERSAL_LEAST = 90, 4, 6, 2
PATTERN_DAYS, FULL_SHARE_OF_HOLDING, LEAST_HISTORY, ALIKE = 540, 0.5, 5, 0.001
SEASON_DAYS, REPEAT_DAYS, YEAR_DAYS, SLACK_DAYS, VALID_DAYS = 45, 14, 364, 14, 200
BLACKOUT_BEFORE, BLACKOUT_AFTER = 30, 1
FAR = date(9999, 12, 31)


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)


def records(lines: pd.DataFrame) -> list[Line]:
    """Rows as dictionaries, with ``None`` where nothing is known."""
    return lines.astype(object).where(lines.notna(), None).to_dict("records")


def counts_on(line: Line, day: date) -> bool:
    """Whether the line counts at the end of the day."""
    return line["enters_on"] <= day and (line["known_to"] is None or line["known_to"] > day)


def differences(actual: Iterable[Mapping[str, Any]], expected: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Values of rows, named by their line, that are not those expected; columns not expected are not looked at."""
    found = []
    for row in actual:
        key = row["transaction_line_key"]
        for column, value in expected[key].items():
            if not is_same(row[column], value):
                found.append(f"{key} {column}: {row[column]}, by the definition {value}")
    return found


def is_same(actual: Any, expected: Any) -> bool:
    """Whether two values are one; numbers to five digits, since the models keep logarithms as decimals."""
    if actual is None or expected is None or isinstance(expected, str):
        return bool(actual == expected)
    return math.isclose(float(actual), float(expected), rel_tol=1e-5, abs_tol=1e-4)


def lines_of(connection: duckdb.DuckDBPyConnection) -> list[Line]:
    """The spans of every signal line, from the marts of transactions and owners alone."""
    leads: dict[str, str] = dict(
        connection.execute(
            """select accession_number, owner_cik from marts.bridge_filing_owners
            inner join seeds.role_codes using (role_code) order by role_rank desc, owner_cik desc"""
        ).fetchall()
    )
    cursor = connection.execute(
        """select *, coalesce(transaction_date_corrected, transaction_date) as trade_date,
            coalesce(share_count_corrected, share_count) as shares,
            coalesce(value_usd_corrected, case when price_status = 'valid' then value_usd end) as dollars
        from marts.fct_insider_transactions where is_signal_while_known"""
    )
    names = [column[0] for column in cursor.description or []]
    lines: list[Line] = []
    for row in cursor.fetchall():
        line: Line = dict(zip(names, row, strict=True))
        traded = line["transaction_date"] = line["trade_date"]
        line |= {
            "insider_key": line["owner_ciks"],
            "lead_owner_cik": leads[line["accession_number"]],
            "share_count": line["shares"],
            "value_usd": line["dollars"],
            "holding_key": (line["security_title"], line["direct_indirect_code"], line["ownership_nature"]),
            "is_restored": False,
        }
        spans = [(line["known_from"], line["known_to"]), (line["restored_from"], line["restored_to"])]
        for known_from, known_to in spans:
            if known_from is not None and (known_to is None or known_to > max(known_from, traded)):
                lines.append(line | {"enters_on": max(known_from, traded), "known_to": known_to})
                line["is_restored"] = True
    return lines


# ── Clusters ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Cluster:
    """A cluster as the definition finds it."""

    issuer: str
    first: date
    last: date
    known_from: date
    known_to: date | None
    owners: int
    dollars: float
    roles: set[str]


def large_purchases(lines: Iterable[Line], day: date) -> Purchases:
    """Lots by owner and trade date that are known on the day and large enough together."""
    purchases: Purchases = defaultdict(list)
    for line in lines:
        if counts_on(line, day):
            purchases[line["lead_owner_cik"], line["transaction_date"]].append(line)
    return {key: lots for key, lots in purchases.items() if sum(lot["value_usd"] for lot in lots) >= CLUSTER_DOLLARS}


def windows_of(purchases: Purchases) -> dict[date, date]:
    """Last to first purchase day of every window with enough owners."""
    windows = {}
    for anchor in {on for _, on in purchases}:
        inside = [(owner, on) for owner, on in purchases if anchor - days(CLUSTER_DAYS) < on <= anchor]
        if len({owner for owner, _ in inside}) >= CLUSTER_OWNERS:
            windows[anchor] = min(on for _, on in inside)
    return windows


def stretches_of(windows: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """Windows as first and last day, those that share a day taken together."""
    stretches: list[tuple[date, date]] = []
    for first, last in sorted(windows):
        if stretches and first <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], last))
        else:
            stretches.append((first, last))
    return stretches


def clusters_of_issuer(issuer: str, lines: list[Line]) -> list[Cluster]:
    """Look at an issuer on every day on which something became known, as a person with the filings would."""
    if len({line["lead_owner_cik"] for line in lines}) < CLUSTER_OWNERS:
        return []
    when = {line["enters_on"] for line in lines} | {line["known_to"] for line in lines if line["known_to"] is not None}
    ever_known: list[date] = []
    before: dict[date, date] = {}
    opened: list[Cluster] = []
    for day in sorted(when):
        purchases = large_purchases(lines, day)
        windows = windows_of(purchases)
        for cluster in opened:
            if cluster.known_to is None and not any(cluster.first <= end <= cluster.last for end in windows):
                cluster.known_to = day
        new = [(first, anchor) for anchor, first in windows.items() if anchor not in before]
        for first, last in stretches_of(new):
            if any(first <= end and last > end - days(CLUSTER_DAYS) for end in ever_known):
                continue
            members = {key: lots for key, lots in purchases.items() if first <= key[1] <= last}
            lots = [lot for of_one in members.values() for lot in of_one]
            owners = len({owner for owner, _ in members})
            dollars = sum(lot["value_usd"] for lot in lots)
            roles = {lot["role_code"] for lot in lots}
            opened.append(Cluster(issuer, first, last, day, None, owners, dollars, roles))
        ever_known += [anchor for _, anchor in new]
        before = windows
    return opened


def priced_purchases(lines: list[Line]) -> dict[str, list[Line]]:
    """Lines of purchases with dollars, by issuer."""
    by_issuer: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line["direction"] == "buy" and line["value_usd"] is not None and line["value_usd"] > 0:
            by_issuer[line["issuer_cik"]].append(line)
    return by_issuer


def clusters_by_definition(lines: list[Line]) -> list[Cluster]:
    """Every cluster of every issuer."""
    return [cluster for issuer, own in priced_purchases(lines).items() for cluster in clusters_of_issuer(issuer, own)]


def is_in_cluster(trade: Trade, purchases_of_issuer: list[Line]) -> bool:
    """Whether a purchase was part of a window with enough owners on the day it became known."""
    _, owner, traded, _, known = trade
    purchases = large_purchases(purchases_of_issuer, known)
    return (owner, traded) in purchases and any(
        anchor - days(CLUSTER_DAYS) < traded <= anchor for anchor in windows_of(purchases)
    )


# ── Issuers at quarter ends ───────────────────────────────────────────────────────────────────────────────────────────

GROUPS: dict[str, Callable[[Line], bool]] = {
    "all": lambda _: True,
    "officers_directors": lambda line: line["is_officer_or_director"],
    "executives": lambda line: line["is_executive"],
    "opportunistic": lambda line: line["is_officer_or_director"] and line["is_opportunistic"],
}


def totals_of(lines: list[Line]) -> dict[str, Any]:
    """What insiders of an issuer traded, of lines that count and lie in the window."""
    totals: dict[str, Any] = {}
    for side in ("buy", "sell"):
        own = [line for line in lines if line["direction"] == side]
        totals[f"{side}_count"] = len({(line["insider_key"], line["transaction_date"]) for line in own})
        totals[f"{side}_insider_count"] = len({line["insider_key"] for line in own})
        totals[f"{side}_share_count"] = float(sum(line["share_count"] or 0 for line in own))
        totals[f"{side}_usd"] = float(sum(line["value_usd"] or 0 for line in own))
    for unit in ("count", "share_count", "usd"):
        buys, sells = totals[f"buy_{unit}"], totals[f"sell_{unit}"]
        totals[f"buy_sell_ratio_{unit}"] = buys / sells if sells else None
        totals[f"sell_buy_ratio_{unit}"] = sells / buys if buys else None
        totals[f"npr_{unit}"] = (buys - sells) / (buys + sells) if buys + sells else None
    bought, sold = totals["buy_usd"], totals["sell_usd"]
    totals["net_side"] = "buying" if bought > sold else "selling" if sold > bought else "even"
    newest = max(line["enters_on"] for line in lines)
    totals["sectors"] = {line["sector"] for line in lines if line["enters_on"] == newest}
    return totals


def issuer_quarters(lines: list[Line], quarter_ends: Sequence[date]) -> dict[tuple[date, str, str], dict[str, Any]]:
    """Ratios, runs and reversals of every issuer and group at every quarter end, as known at its end."""
    quarters: dict[tuple[date, str, str], dict[str, Any]] = {}
    for end in sorted(quarter_ends):
        seen: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            if counts_on(line, end) and end - days(ISSUER_WINDOW_DAYS) < line["transaction_date"] <= end:
                seen[line["issuer_cik"]].append(line)
        for issuer, own in seen.items():
            for group, belongs in GROUPS.items():
                if of_group := [line for line in own if belongs(line)]:
                    sectors = totals_of(own)["sectors"]
                    quarters[end, issuer, group] = totals_of(of_group) | {"sectors": sectors}
    sides: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for (end, issuer, group), totals in quarters.items():
        number = end.year * 4 + (end.month - 1) // 3
        earlier = sides[issuer, group]
        side = totals["net_side"]
        run = 0 if side == "even" else 1 + run_before(earlier, number, side)
        totals["sell_buy_below_one_quarters"] = run if side == "buying" else 0
        totals["buy_sell_below_one_quarters"] = run if side == "selling" else 0
        past = [earlier[quarter] for quarter in range(number - REVERSAL_QUARTERS, number) if quarter in earlier]
        for to, other in (("buying", "selling"), ("selling", "buying")):
            totals[f"is_reversal_to_{to}"] = side == to and to not in past and past.count(other) >= REVERSAL_LEAST
        earlier[number] = side
    return quarters


def run_before(sides: Mapping[int, str], quarter: int, side: str) -> int:
    """Quarters of that side in a row before a quarter; pauses of up to four quarters do not end it."""
    length = 0
    for earlier in sorted(sides, reverse=True):
        if sides[earlier] != side or quarter - earlier - 1 > PAUSE_QUARTERS:
            break
        length += 1
        quarter = earlier
    return length


# ── Results ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def releases_of(filings: Iterable[tuple[date, bool]]) -> list[date]:
    """Days on which an issuer told results.

    Args:
        filings: Day and whether it is an 8-K with item 2.02, of each such 8-K and each report.
    """
    told: dict[date, bool] = {}
    for day, is_release in filings:
        told[day] = told.get(day, False) or is_release
    releases = []
    for day, is_release in sorted(told.items()):
        since_8k = min(((day - before).days for before, was in told.items() if was and before < day), default=None)
        since_any = min(((day - before).days for before in told if before < day), default=None)
        repeats = since_8k is not None and since_8k <= (REPEAT_DAYS if is_release else SEASON_DAYS)
        completes = not is_release and since_any is not None and since_any <= REPEAT_DAYS
        if not repeats and not completes:
            releases.append(day)
    return releases


@dataclass(frozen=True)
class Timing:
    """A day of a trade between an issuer's results."""

    last: date | None
    expected: date | None
    is_in_blackout: bool | None


def timing_of(traded: date, releases: Sequence[date]) -> Timing:
    """What a person knew of the results on the day of a trade."""
    past = [day for day in releases if day <= traded]
    last = past[-1] if past else None
    since = (traded - last).days if last else None
    # Two weeks late at most, and never within weeks of the last ones.
    earliest = max(traded - days(SLACK_DAYS), last + days(SEASON_DAYS) if last else date.min)
    a_year_on = [day + days(YEAR_DAYS) for day in past if day + days(YEAR_DAYS) >= earliest]
    expected = a_year_on[0] if a_year_on and (a_year_on[0] - traded).days <= VALID_DAYS else None
    if since is not None and since <= BLACKOUT_AFTER:
        blackout: bool | None = True
    else:
        blackout = None if expected is None else (expected - traded).days <= BLACKOUT_BEFORE
    return Timing(last if since is not None and since <= VALID_DAYS else None, expected, blackout)


# ── Conviction ────────────────────────────────────────────────────────────────────────────────────────────────────────


def trades_of(lines: list[Line]) -> dict[Trade, list[Line]]:
    """Lines of one owner, issuer, day and direction that became known on one day."""
    trades: dict[Trade, list[Line]] = defaultdict(list)
    for line in lines:
        owner, traded = line["lead_owner_cik"], line["transaction_date"]
        trades[line["issuer_cik"], owner, traded, line["direction"], line["enters_on"]].append(line)
    return trades


def dollars_of(lots: list[Line]) -> float | None:
    """Dollars of a trade; ``None`` when no price is known."""
    known = [float(lot["value_usd"]) for lot in lots if lot["value_usd"] is not None]
    return sum(known) if known else None


def leaves_on(lots: list[Line]) -> date:
    """The day the last lot of a trade no longer counts."""
    return max(lot["known_to"] or FAR for lot in lots)


def share_of_holding(direction: str, lots: list[Line]) -> tuple[float | None, float | None]:
    """Shares owned before in the accounts traded in, and the trade's share of them."""
    accounts: dict[str, list[Line]] = defaultdict(list)
    for lot in lots:
        accounts[lot["holding_key"]].append(lot)
    before = 0.0
    for own in accounts.values():
        after = [float(lot["share_count_owned_after"]) for lot in own if lot["share_count_owned_after"] is not None]
        if not after or any(lot["share_count"] is None for lot in own):
            return None, None
        shares = sum(float(lot["share_count"]) for lot in own)
        held = max(after) - shares if direction == "buy" else min(after) + shares
        if held < 0:
            return None, None
        before += held
    return before, sum(float(lot["share_count"]) for lot in lots) / before if before else None


class Convictions:
    """Scores every trade of a set of lines."""

    def __init__(
        self,
        lines: list[Line],
        releases: Mapping[str, Sequence[date]],
        weights: Mapping[str, float],
        scores: Mapping[tuple[str, str], float],
    ) -> None:
        """Sort the trades by what they are compared with.

        Args:
            lines: Spans of signal lines.
            releases: Days of results of each issuer.
            weights: Weight of each component.
            scores: Score of each component and code.
        """
        self.trades = trades_of(lines)
        self.releases, self.weights, self.scores = releases, weights, scores
        self.purchases = priced_purchases(lines)
        self.of_issuer: dict[tuple[str, str], list[Trade]] = defaultdict(list)
        self.of_insider: dict[tuple[str, str], list[Trade]] = defaultdict(list)
        for trade in self.trades:
            self.of_issuer[trade[0], trade[3]].append(trade)
            self.of_insider[trade[0], trade[1]].append(trade)
        self.leaves = {trade: leaves_on(lots) for trade, lots in self.trades.items()}
        self.logs = {
            trade: math.log(dollars) for trade, lots in self.trades.items() if (dollars := dollars_of(lots) or 0) > 0
        }

    def was_known(self, other: Trade, known: date) -> bool:
        """Whether another trade was known before the day, and still stands at its end."""
        return other[4] < known < self.leaves[other]

    def deviation(self, trade: Trade) -> tuple[int, float | None]:
        """How many earlier trades there are to compare the size with, and how far off it is."""
        if trade not in self.logs:
            return 0, None
        past = [
            self.logs[other]
            for other in self.of_issuer[trade[0], trade[3]]
            if other in self.logs and self.was_known(other, trade[4])
        ]
        if len(past) < LEAST_HISTORY or statistics.stdev(past) < ALIKE:
            return len(past), None
        return len(past), (self.logs[trade] - statistics.mean(past)) / statistics.stdev(past)

    def pattern(self, trade: Trade) -> str:
        """What the insider's own trades of the eighteen months before were."""
        issuer, owner, traded, direction, known = trade
        sides = {
            other[3]
            for other in self.of_insider[issuer, owner]
            if traded - days(PATTERN_DAYS) < other[2] < traded and self.was_known(other, known)
        }
        if not sides:
            return "first"
        return "mixed" if len(sides) == 2 else "repeat" if direction in sides else "reversal"

    def of_trade(self, trade: Trade) -> dict[str, Any]:
        """What is the same for all lines of a trade."""
        issuer, _, traded, direction, _ = trade
        lots = self.trades[trade]
        before, share = share_of_holding(direction, lots)
        count, deviation = self.deviation(trade)
        blackout = timing_of(traded, self.releases.get(issuer, ())).is_in_blackout
        is_new = before == 0 and direction == "buy"
        return {
            "trade_value_usd": dollars_of(lots),
            "share_of_holding": share,
            "earlier_trade_count": count,
            "size_deviation": deviation,
            "timing_code": None if blackout is None else "blackout" if blackout else "open",
            "cluster_code": None
            if direction == "sell"
            else "in_cluster"
            if is_in_cluster(trade, self.purchases[issuer])
            else "alone",
            "pattern_code": self.pattern(trade),
            "holding_score": 1.0 if is_new else None if share is None else min(1.0, share / FULL_SHARE_OF_HOLDING),
            "history_score": None if deviation is None else min(1.0, max(0.0, 0.5 + deviation / 4)),
        }

    def of_line(self, line: Line, of_trade: Mapping[str, Any]) -> dict[str, Any]:
        """Every column of the score of one line."""
        codes = {
            "role": line["role_code"],
            "opportunistic": "plan" if line["rule_10b5_1_status"] == "yes" else line["insider_class"],
            **{name: of_trade[f"{name}_code"] for name in ("timing", "cluster", "pattern")},
        }
        parts = {name: None if code is None else self.scores[name, code] for name, code in codes.items()}
        parts |= {"holding": of_trade["holding_score"], "history": of_trade["history_score"]}
        known = {name: part for name, part in parts.items() if part is not None}
        weight = sum(self.weights[name] for name in known)
        return {
            **of_trade,
            **{f"{name}_score": part for name, part in parts.items()},
            "opportunistic_code": codes["opportunistic"],
            "known_weight_share": weight / sum(self.weights.values()),
            "conviction_score": 100 * sum(self.weights[name] * part for name, part in known.items()) / weight,
        }

    def by_line(self) -> dict[str, dict[str, Any]]:
        """Columns of the score by line, as of the day the line first counted."""
        return {
            line["transaction_line_key"]: self.of_line(line, of_trade)
            for trade, lots in self.trades.items()
            for of_trade in [self.of_trade(trade)]
            for line in lots
            if not line["is_restored"]
        }
