"""One quarter of ordinary filings, drawn in whole arrays: who files what when, every line, note and signature."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import names
from simulator.days import number, quarter_bounds
from simulator.form345 import ABSENT, COLUMNS, SCALE, date_text, number_text
from simulator.world import AGENT_CIK, GROUP_SEAT, ISSUER_CIK, OWNER_CIK, SEATS, World

(
    SALE_PLAN,
    SALE,
    PURCHASE,
    AWARD_STOCK,
    AWARD_DERIV,
    VEST,
    TAX,
    EX_HOLD,
    EX_SELL,
    GIFT,
    OTHER,
    FORM3,
    FORM5,
) = range(13)

# Share of all filings; the code mix of the lines they make is about S 35%, A 25%, M 14%, F 12%, P 7%.
_SHARE = np.array([0.105, 0.075, 0.047, 0.27, 0.09, 0.09, 0.055, 0.03, 0.035, 0.035, 0.045, 0.06, 0.008])
# Months in which each kind is likelier: awards in February and March, tax sales and gifts in December.
_SEASON = np.ones((13, 12))
_SEASON[[AWARD_STOCK, AWARD_DERIV]] = [0.7, 3.6, 2.6, 0.8, 1.2, 0.8, 0.4, 0.4, 0.3, 0.4, 0.4, 0.4]
_SEASON[[VEST, TAX]] = [0.7, 2.2, 2.6, 0.8, 1.0, 0.8, 0.6, 0.7, 0.6, 0.6, 0.9, 0.5]
_SEASON[SALE] = [0.6, 1.1, 1.2, 0.6, 1.3, 1.0, 0.6, 1.2, 1.0, 0.6, 1.3, 1.35]
_SEASON[PURCHASE] = [0.8, 1.0, 1.2, 0.8, 1.2, 1.0, 0.8, 1.1, 0.9, 0.8, 1.3, 1.3]
_SEASON[GIFT] = [0.4, 0.6, 0.8, 0.7, 0.9, 0.8, 0.5, 0.7, 0.7, 0.8, 1.4, 3.7]
_SEASON[FORM5] = [1.0, 10.0, *[0.1] * 10]
# Who does it: CEO, CFO, COO, counsel, two officers, six directors, the 10% group.
_SEAT_SHARE = {
    "sale": [0.2, 0.12, 0.09, 0.08, 0.1, 0.1, 0.06, 0.04, 0.04, 0.03, 0.02, 0.02, 0.1],
    "purchase": [0.16, 0.1, 0.05, 0.03, 0.04, 0.04, 0.1, 0.09, 0.08, 0.07, 0.06, 0.05, 0.13],
    "officer": [0.2, 0.18, 0.17, 0.15, 0.15, 0.15, *[0.0] * 7],
    "anyone": [*[0.085] * 12, 0.0],
}
_SEATING = {
    SALE_PLAN: "sale",
    SALE: "sale",
    PURCHASE: "purchase",
    AWARD_STOCK: "anyone",
    AWARD_DERIV: "anyone",
    VEST: "officer",
    TAX: "officer",
    EX_HOLD: "officer",
    EX_SELL: "officer",
    GIFT: "anyone",
    OTHER: "purchase",
    FORM3: "anyone",
    FORM5: "anyone",
}
_BLACKOUT = 0.06  # what is left of discretionary trading from two weeks before a fiscal quarter's end to the earnings
_CUT_OFF = 17.5 * 3600  # filings accepted later on a quarter's last business day are in the next quarter's set

TITLES = ("Common Stock", "Class A Common Stock", "Common Shares", "Common Stock, par value $0.01 per share")
_NATURES = ("", "By Trust", "By Spouse", "By LLC", "By 401(k) Plan", "See footnote")
_DERIVATIVES = ("Restricted Stock Units", "Stock Option (Right to Buy)", "Performance Stock Units")
CODES = np.array(["", "A", "C", "D", "F", "G", "I", "J", "L", "M", "P", "S", "U", "W", "X"])
_CODE = {code: place for place, code in enumerate(CODES)}
_OTHER_CODES = np.array([_CODE[code] for code in ("J", "C", "D", "L", "I", "W", "U", "X")])
_OTHER_ACQUIRES = np.array([True, True, False, True, False, True, False, True])

BOX_SINCE = number(date(2023, 4, 1))  # the 10b5-1 box of Forms 4 and 5
NOTE_PLAN = (
    "This sale was carried out under a Rule 10b5-1 trading plan that the reporting person adopted on ",
    "The shares were sold automatically under a written plan intended to satisfy Rule 10b5-1(c), adopted on ",
)
NOTE_PLACEMENT = "Purchased directly from the issuer in a private placement under a securities purchase agreement."
NOTE_REINVESTED = "Acquired through the issuer's dividend reinvestment plan."
NOTE_NO_PRICE = "The consideration per share is described in the issuer's merger agreement and is not a cash price."
NOTE_VEST = "Each restricted stock unit is the right to receive one share of the issuer's common stock."
NOTE_TAX = "Shares withheld by the issuer to cover taxes due on vesting."
NOTE_GROUP = (
    "The securities are held by the fund. Its general partner and manager may be deemed to share beneficial ownership "
    "and disclaim it except for their pecuniary interest."
)


@dataclass
class Rows:
    """Columns of equal length."""

    columns: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def take(self, rows: np.ndarray) -> Rows:
        """The named rows, in that order."""
        return Rows({name: values[rows] for name, values in self.columns.items()})

    @staticmethod
    def join(parts: list[Rows]) -> Rows:
        """All rows, one part after the other; the parts have the same columns."""
        return Rows({name: np.concatenate([part[name] for part in parts]) for name in parts[0].columns})


@dataclass
class State:
    """What one quarter hands to the next: shares held, counters of accession numbers and row keys."""

    held: np.ndarray
    sequence: dict[tuple[int, int], int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Quarter:
    """One quarter's filings as text tables of the data set's columns, plus what only a submission's header knows.

    Attributes:
        name: Like ``2024q3``.
        tables: The eight tables; SUBMISSION in order of acceptance.
        header: One row per filing, as SUBMISSION: ``accession``, ``filed`` (day number), ``accepted`` (second of the
            day), ``sic``, ``issuer``, ``is_late`` (belongs to the next quarter's set).
    """

    name: str
    tables: dict[str, pa.Table]
    header: pa.Table


def first_state(world: World) -> State:
    """Holdings before the first filing."""
    rng = np.random.default_rng([world.seed, 2])
    price = np.repeat(world.issuer_price[:, 0].astype(np.float64), SEATS)
    held = np.exp(rng.normal(np.log(3e6), 1.3, len(price))) / price
    return State(held=held.astype(np.int64) * SCALE)


def make_quarter(world: World, name: str, state: State) -> Quarter:
    """Draw one quarter; quarters must be drawn in order, each with the state the last one left."""
    first, last = quarter_bounds(name)
    rng = np.random.default_rng([world.seed, 3, first.year, first.month])
    days = world.edgar[(world.edgar >= number(first)) & (world.edgar <= number(last))]
    filings = _filings(world, days, rng)
    lines, holdings, derivatives, notes = _contents(world, filings, rng)
    filings, lines, holdings, derivatives, notes = _repeat_some(
        world, days, filings, lines, holdings, derivatives, notes, rng
    )
    order = np.lexsort((filings["accepted"], filings["filed"]))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    filings = filings.take(order)
    for part in (lines, holdings, derivatives, notes):
        part.columns["filing"] = place[part["filing"]]
    lines = lines.take(np.lexsort((lines["order"], lines["filing"])))
    holdings = holdings.take(np.lexsort((holdings["order"], holdings["filing"])))
    derivatives = derivatives.take(np.lexsort((derivatives["order"], derivatives["filing"])))
    notes = notes.take(np.lexsort((notes["number"], notes["filing"])))
    _hold(filings, lines, state)
    return _texts(world, name, days, filings, lines, holdings, derivatives, notes, state)


def _filings(world: World, days: np.ndarray, rng: np.random.Generator) -> Rows:
    """Which issuer and seat files which kind on which day, and when it traded."""
    month = _month(days)
    ti = np.searchsorted(world.trading, days, side="right") - 1
    alive = (days >= world.issuer_from[:, None]) & (days <= world.issuer_until[:, None])
    base = world.issuer_activity[:, None] * alive
    lean = world.lean[:, np.maximum(ti - 2, 0)][world.issuer_sector]
    insight = world.insight[:, np.maximum(ti - 2, 0)][world.issuer_sector]
    open_share = _open_share(world, days)
    per_day = world.filings_per_issuer / 63
    parts = []
    for kind in range(13):
        weight = base * _SEASON[kind][month - 1]
        if kind == PURCHASE:
            weight = weight * open_share * np.exp(insight - world.contrarian * lean)
        elif kind == SALE:
            weight = weight * open_share * np.exp(0.5 * world.contrarian * lean - 0.5 * insight) * 1.25
        elif kind == SALE_PLAN:
            weight = weight * np.exp(0.2 * world.contrarian * lean)
        running = weight.ravel().cumsum()
        count = int(rng.poisson(running[-1] * _SHARE[kind] * per_day))
        cell = np.searchsorted(running, rng.random(count) * running[-1], side="right")
        cell = np.minimum(cell, running.size - 1)
        issuer, day = np.divmod(cell, len(days))
        share = np.array(_SEAT_SHARE[_SEATING[kind]])
        seat = np.searchsorted((share / share.sum()).cumsum(), rng.random(count), side="right")
        parts.append(_filing_rows(kind, issuer, np.minimum(seat, GROUP_SEAT), days[day], ti[day], rng))
    parts.append(_routine(world, days, ti, rng))
    parts.append(_clusters(world, days, ti, base * open_share * np.exp(insight - world.contrarian * lean), rng))
    filings = Rows.join(parts)
    # Sessions after the close, the odd early bird, the last minute before 22:00.
    seconds = rng.normal(17.1, 1.9, len(filings)) * 3600
    filings.columns["accepted"] = np.clip(seconds, 6.02 * 3600, 21.98 * 3600).astype(np.int64)
    filings.columns["agent"] = rng.integers(0, 6, len(filings))
    filings.columns["form"] = np.select([filings["kind"] == FORM3, filings["kind"] == FORM5], [3, 5], 4)
    filings.columns["original"] = np.full(len(filings), ABSENT)
    filings.columns["owners"] = np.zeros(len(filings), dtype=np.int64)  # 0 all of the group, n only member n
    return filings


def _filing_rows(
    kind: int | np.ndarray, issuer: np.ndarray, seat: np.ndarray, filed: np.ndarray, ti: np.ndarray,
    rng: np.random.Generator,
) -> Rows:  # fmt: skip
    lag = rng.choice([0, 1, 2, 3, 6, 25], size=len(issuer), p=[0.2, 0.36, 0.37, 0.03, 0.025, 0.015])
    return Rows(
        {
            "kind": np.broadcast_to(np.asarray(kind), issuer.shape).astype(np.int64),
            "issuer": issuer.astype(np.int64),
            "seat": issuer * SEATS + seat,
            "filed": filed.astype(np.int64),
            "ti": np.maximum(ti - lag, 0).astype(np.int64),
        }
    )


def _routine(world: World, days: np.ndarray, ti: np.ndarray, rng: np.random.Generator) -> Rows:
    """Insiders who sell in the same month of every year."""
    months = _month(days)
    found_seats, found_days = [], []
    for month in np.unique(months):
        seats = np.flatnonzero(world.seat_routine_month == month)
        found_seats.append(seats)
        found_days.append(rng.choice(np.flatnonzero(months == month), size=len(seats)))
    seat, day = np.concatenate(found_seats), np.concatenate(found_days)
    alive = (days[day] >= world.issuer_from[seat // SEATS]) & (days[day] <= world.issuer_until[seat // SEATS])
    seat, day = seat[alive], day[alive]
    return _filing_rows(SALE, seat // SEATS, seat % SEATS, days[day], ti[day], rng)


def _clusters(world: World, days: np.ndarray, ti: np.ndarray, weight: np.ndarray, rng: np.random.Generator) -> Rows:
    """Three to six insiders of one company who buy within two weeks."""
    running = weight.ravel().cumsum()
    count = int(rng.poisson(running[-1] * world.filings_per_issuer / 63 * _SHARE[PURCHASE] * 0.05))
    cell = np.minimum(np.searchsorted(running, rng.random(count) * running[-1], side="right"), running.size - 1)
    issuer, day = np.divmod(cell, len(days))
    size = 3 + rng.integers(0, 4, count)
    seats = np.argsort(rng.random((count, SEATS - 1)), axis=1)[:, :6]
    chosen = np.arange(6) < size[:, None]
    when = np.minimum(day[:, None] + rng.integers(0, 9, (count, 6)), len(days) - 1)
    issuer = np.broadcast_to(issuer[:, None], (count, 6))
    return _filing_rows(PURCHASE, issuer[chosen], seats[chosen], days[when[chosen]], ti[when[chosen]], rng)


def _open_share(world: World, days: np.ndarray) -> np.ndarray:
    """One outside blackouts, ``_BLACKOUT`` inside; issuers x days."""
    share = np.ones((world.issuers, len(days)))
    for quarter in range(world.fiscal_ends.shape[1]):
        closing, opening = world.fiscal_ends[:, quarter] - 14, world.earnings[:, quarter] + 2
        if closing.min() > days[-1] + 4 or opening.max() < days[0]:
            continue
        traded = days - 2
        share[(traded >= closing[:, None]) & (traded < opening[:, None])] = _BLACKOUT
    return share


def _month(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1


def _contents(world: World, filings: Rows, rng: np.random.Generator) -> tuple[Rows, Rows, Rows, Rows]:
    """Lines, holdings, derivative rows and notes of the filings; every row carries its filing's position."""
    kind, group = filings["kind"], filings["seat"] % SEATS == GROUP_SEAT
    price = np.round(world.issuer_price[filings["issuer"], filings["ti"]].astype(np.float64), 2)
    size = world.issuer_size[filings["issuer"]]
    lines: list[Rows] = []
    derivatives: list[Rows] = []
    notes: list[Rows] = []

    def which(*kinds: int) -> np.ndarray:
        return np.flatnonzero(np.isin(kind, kinds))

    # Open-market trades in one or several lots.
    rows = which(SALE_PLAN, SALE, PURCHASE)
    is_buy = kind[rows] == PURCHASE
    lots = np.where(
        is_buy, np.minimum(rng.geometric(0.46, len(rows)), 6), np.minimum(rng.geometric(0.32, len(rows)), 12)
    )
    middle = np.where(is_buy, np.log(9e4), np.where(group[rows], np.log(7e5), np.log(1.8e5)))
    value = np.exp(rng.normal(middle + size[rows], 1.1))
    plan = kind[rows] == SALE_PLAN
    told = plan & ((filings["filed"][rows] < BOX_SINCE) | (rng.random(len(rows)) < 0.85))
    odd = rng.random(len(rows))
    placement, reinvested = is_buy & (odd < 0.04), is_buy & (odd > 0.96)
    first_note = np.select([told, placement, reinvested, group[rows]], [1, 2, 3, 4], 0)
    lot = Rows({"row": np.repeat(np.arange(len(rows)), lots)})
    within = np.arange(len(lot)) - np.repeat(lots.cumsum() - lots, lots)
    at = lot["row"]
    share_of = rng.random(len(lot)) + 0.3
    share_of /= np.bincount(at, share_of, minlength=len(rows))[at]
    lot_price = np.round(price[rows][at] * (1 + rng.normal(0, 0.006, len(lot))), 2)
    averaged = ~reinvested[at] & (rng.random(len(lot)) < np.where(lots[at] > 1, 0.45, 0.3)) & ~placement[at]
    lot_price = np.where(averaged, lot_price + rng.integers(0, 100, len(lot)) / 10_000, lot_price)
    shares = np.maximum(np.round(value[at] * share_of / lot_price), 1)
    shares = np.where(
        (shares > 300) & (rng.random(len(lot)) < np.where(is_buy[at], 0.6, 0.2)), shares // 100 * 100, shares
    )
    shares = np.where(reinvested[at], np.round(shares / 40 + 0.2345, 4), shares)
    own_note = (first_note > 0).astype(np.int64)
    nth = _running(averaged, at)
    range_note = np.where(averaged, own_note[at] + nth, 0)
    # A few filers type the total into the price, a few the wrong year.
    slip = rng.random(len(lot))
    typed = np.where(slip < 0.0003, lot_price * shares, lot_price)
    date_shift = np.where((slip > 0.9997) & (slip < 0.9999), 3653, 0)
    lines.append(
        _lines(
            filing=rows[at],
            order=within,
            code=np.where(is_buy[at], _CODE["P"], _CODE["S"]),
            acquires=is_buy[at],
            shares=shares,
            price=typed,
            ti=filings["ti"][rows][at],
            nature=np.where(
                group[rows][at], 5, np.where(rng.random(len(rows))[at] < 0.1, 1 + rng.integers(0, 3, len(rows))[at], 0)
            ),
            code_note=np.where(told[at] | placement[at] | reinvested[at], 1, 0),
            price_note=range_note,
            nature_note=np.where(group[rows][at] & (first_note[at] == 4), 1, 0),
            date_shift=date_shift,
        )
    )
    noted = np.flatnonzero(first_note)
    notes.append(_notes(rows[noted], np.ones(len(noted), np.int64), first_note[noted], filings["ti"][rows][noted], rng))
    ranged = np.flatnonzero(averaged)
    low = np.maximum(np.floor(lot_price[ranged] * 99.6) / 100, 0.01)
    high = np.ceil(lot_price[ranged] * 100.4) / 100
    notes.append(
        _notes(
            rows[at[ranged]],
            range_note[ranged],
            np.full(len(ranged), 10),
            filings["ti"][rows][at[ranged]],
            rng,
            low,
            high,
        )
    )

    # Awards of stock, at no price.
    rows = which(AWARD_STOCK)
    lots = rng.geometric(0.55, len(rows)).clip(max=5)
    at = np.repeat(np.arange(len(rows)), lots)
    within = np.arange(len(at)) - np.repeat(lots.cumsum() - lots, lots)
    grant = np.maximum(np.round(np.exp(rng.normal(np.log(1.5e5), 0.9, len(at)) + size[rows][at]) / price[rows][at]), 1)
    lines.append(_lines(rows[at], within, _CODE["A"], True, grant, 0.0, filings["ti"][rows][at]))
    # Awards of options and units.
    rows = which(AWARD_DERIV)
    grant = np.maximum(np.round(np.exp(rng.normal(np.log(3e5), 0.9, len(rows)) + size[rows]) / price[rows]), 1)
    is_option = rng.random(len(rows)) < 0.5
    derivatives.append(
        _derivatives(
            filing=rows, code=_CODE["A"], acquires=True, shares=grant, ti=filings["ti"][rows],
            title=np.where(is_option, 1, np.where(rng.random(len(rows)) < 0.3, 2, 0)),
            strike=np.where(is_option, price[rows], ABSENT), note=np.where(is_option, 0, 1), price=0.0, after=grant,
        )
    )  # fmt: skip
    units = rows[~is_option]
    notes.append(_notes(units, np.ones(len(units), np.int64), np.full(len(units), 5), filings["ti"][units], rng))

    # Vesting: units become shares, some are withheld for tax.
    rows = which(VEST)
    lots = rng.geometric(0.62, len(rows)).clip(max=4)
    at = np.repeat(np.arange(len(rows)), lots)
    within = np.arange(len(at)) - np.repeat(lots.cumsum() - lots, lots)
    vested = np.maximum(np.round(np.exp(rng.normal(np.log(1.6e5), 0.9, len(at)) + size[rows][at]) / price[rows][at]), 3)
    withheld = np.maximum(np.round(vested * (0.3 + 0.15 * rng.random(len(at)))), 1)
    lines.append(_lines(rows[at], within * 2, _CODE["M"], True, vested, 0.0, filings["ti"][rows][at], code_note=1))
    lines.append(
        _lines(
            rows[at], within * 2 + 1, _CODE["F"], False, withheld, price[rows][at], filings["ti"][rows][at], code_note=2
        )
    )
    derivatives.append(
        _derivatives(
            filing=rows[at], code=_CODE["M"], acquires=False, shares=vested, ti=filings["ti"][rows][at],
            title=np.zeros(len(at), np.int64), strike=np.full(len(at), ABSENT), note=np.ones(len(at), np.int64),
            price=0.0, after=np.round(vested * 2 * rng.integers(0, 3, len(at))), order=within,
        )
    )  # fmt: skip
    ones = np.ones(len(rows), np.int64)
    notes.append(_notes(rows, ones, ones * 5, filings["ti"][rows], rng))
    notes.append(_notes(rows, ones * 2, ones * 6, filings["ti"][rows], rng))

    rows = which(TAX)
    withheld = np.maximum(np.round(np.exp(rng.normal(np.log(6e4), 0.9, len(rows)) + size[rows]) / price[rows]), 1)
    lines.append(
        _lines(rows, np.zeros(len(rows)), _CODE["F"], False, withheld, price[rows], filings["ti"][rows], code_note=1)
    )
    ones = np.ones(len(rows), np.int64)
    notes.append(_notes(rows, ones, ones * 6, filings["ti"][rows], rng))

    # Options exercised and kept, or sold the same day.
    rows = which(EX_HOLD, EX_SELL)
    exercised = np.maximum(np.round(np.exp(rng.normal(np.log(2.2e5), 1.0, len(rows)) + size[rows]) / price[rows]), 1)
    strike = np.maximum(np.round(price[rows] * (0.3 + 0.4 * rng.random(len(rows))), 2), 0.01)
    lines.append(_lines(rows, np.zeros(len(rows)), _CODE["M"], True, exercised, strike, filings["ti"][rows]))
    derivatives.append(
        _derivatives(
            filing=rows, code=_CODE["M"], acquires=False, shares=exercised, ti=filings["ti"][rows],
            title=np.ones(len(rows), np.int64), strike=strike, note=np.zeros(len(rows), np.int64), price=0.0,
            after=np.round(exercised * rng.integers(0, 3, len(rows))),
        )
    )  # fmt: skip
    sold = np.flatnonzero(kind[rows] == EX_SELL)
    lines.append(
        _lines(
            rows[sold],
            np.ones(len(sold)),
            _CODE["S"],
            False,
            exercised[sold],
            price[rows][sold],
            filings["ti"][rows][sold],
        )
    )

    rows = which(GIFT, FORM5)
    given = np.maximum(np.round(np.exp(rng.normal(np.log(9e4), 1.2, len(rows)) + size[rows]) / price[rows]), 1)
    lines.append(_lines(rows, np.zeros(len(rows)), _CODE["G"], False, given, 0.0, filings["ti"][rows]))

    rows = which(OTHER)
    pick = rng.integers(0, len(_OTHER_CODES), len(rows))
    moved = np.maximum(np.round(np.exp(rng.normal(np.log(1e5), 1.3, len(rows)) + size[rows]) / price[rows]), 1)
    unpriced = rng.random(len(rows)) < 0.5
    lines.append(
        _lines(
            rows, np.zeros(len(rows)), _OTHER_CODES[pick], _OTHER_ACQUIRES[pick], moved,
            np.where(unpriced, ABSENT, price[rows]), filings["ti"][rows], price_note=np.where(unpriced, 1, 0),
            swap=(rng.random(len(rows)) < 0.05).astype(np.int64),
        )
    )  # fmt: skip
    rows = rows[unpriced]
    ones = np.ones(len(rows), np.int64)
    notes.append(_notes(rows, ones, ones * 7, filings["ti"][rows], rng))

    # Holdings that were not traded; all a Form 3 has.
    form3 = kind == FORM3
    with_holding = np.flatnonzero(form3 | (rng.random(len(kind)) < 0.22))
    count = 1 + (rng.random(len(with_holding)) < 0.3)
    at = np.repeat(with_holding, count)
    within = np.arange(len(at)) - np.repeat(count.cumsum() - count, count)
    held = np.round(np.exp(rng.normal(np.log(4e5), 1.4, len(at)) + size[at]) / price[at])
    direct = form3[at] & (within == 0)
    holdings = Rows(
        {
            "filing": at,
            "order": within,
            "held": (held * SCALE).astype(np.int64),
            "nature": np.where(direct, 0, 1 + rng.integers(0, 4, len(at))),
        }
    )
    rows = np.flatnonzero(form3 & (rng.random(len(kind)) < 0.35))
    amount = np.maximum(np.round(np.exp(rng.normal(np.log(2e5), 0.9, len(rows)) + size[rows]) / price[rows]), 1)
    derivatives.append(
        _derivatives(
            filing=rows, code=0, acquires=True, shares=amount, ti=filings["ti"][rows],
            title=np.ones(len(rows), np.int64), strike=price[rows], note=np.zeros(len(rows), np.int64), price=0.0,
            after=amount, is_holding=1,
        )
    )  # fmt: skip
    return Rows.join(lines), holdings, Rows.join(derivatives), Rows.join(notes)


def _scaled(values: np.ndarray | float, count: int) -> np.ndarray:
    values = np.broadcast_to(np.asarray(values, dtype=np.float64), (count,))
    return np.where(values < 0, ABSENT, np.round(values * SCALE)).astype(np.int64)


def _whole(values: np.ndarray | float, count: int) -> np.ndarray:
    return np.broadcast_to(np.asarray(values), (count,)).astype(np.int64)


def _lines(
    filing: np.ndarray, order: np.ndarray, code: np.ndarray | int, acquires: np.ndarray | bool, shares: np.ndarray,
    price: np.ndarray | float, ti: np.ndarray, *, nature: np.ndarray | int = 0, code_note: np.ndarray | int = 0,
    price_note: np.ndarray | int = 0, nature_note: np.ndarray | int = 0, date_shift: np.ndarray | int = 0,
    swap: np.ndarray | int = 0,
) -> Rows:  # fmt: skip
    count = len(filing)
    return Rows(
        {
            "filing": _whole(filing, count),
            "order": _whole(order, count),
            "code": _whole(code, count),
            "acquires": _whole(acquires, count),
            "shares": _scaled(shares, count),
            "price": _scaled(price, count),
            "ti": _whole(ti, count),
            "nature": _whole(nature, count),
            "code_note": _whole(code_note, count),
            "price_note": _whole(price_note, count),
            "nature_note": _whole(nature_note, count),
            "date_shift": _whole(date_shift, count),
            "swap": _whole(swap, count),
        }
    )


def _derivatives(
    *, filing: np.ndarray, code: np.ndarray | int, acquires: bool, shares: np.ndarray, ti: np.ndarray,
    title: np.ndarray, strike: np.ndarray, note: np.ndarray, price: float, after: np.ndarray,
    order: np.ndarray | int = 0, is_holding: int = 0,
) -> Rows:  # fmt: skip
    count = len(filing)
    return Rows(
        {
            "filing": _whole(filing, count),
            "order": _whole(order, count),
            "code": _whole(code, count),
            "acquires": _whole(acquires, count),
            "shares": _scaled(shares, count),
            "price": _scaled(price, count),
            "ti": _whole(ti, count),
            "title": _whole(title, count),
            "strike": _scaled(strike, count),
            "note": _whole(note, count),
            "after": _scaled(after, count),
            "is_holding": _whole(is_holding, count),
        }
    )


def _notes(
    filing: np.ndarray, place: np.ndarray, kind: np.ndarray, ti: np.ndarray, rng: np.random.Generator,
    low: np.ndarray | float = 0.0, high: np.ndarray | float = 0.0,
) -> Rows:  # fmt: skip
    count = len(filing)
    return Rows(
        {
            "filing": _whole(filing, count),
            "number": _whole(place, count),
            "kind": _whole(kind, count),
            "adopted": np.maximum(_whole(ti, count) - rng.integers(65, 180, count), 0),
            "low": _scaled(low, count),
            "high": _scaled(high, count),
            "wording": rng.integers(0, 2, count),
        }
    )


def _running(flags: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Number of the flag within its group, from 1; groups are contiguous."""
    total = flags.cumsum()
    before = np.zeros(group.max() + 2 if len(group) else 1, dtype=np.int64)
    if len(group):
        np.add.at(before, group + 1, flags)
        before = before.cumsum()
    return total - before[group] if len(group) else total


def _repeat_some(
    world: World, days: np.ndarray, filings: Rows, lines: Rows, holdings: Rows, derivatives: Rows, notes: Rows,
    rng: np.random.Generator,
) -> tuple[Rows, Rows, Rows, Rows, Rows]:  # fmt: skip
    """Add amendments that restate a filing, and second reports of one trade by another member of a group."""
    count = len(filings)
    day = np.searchsorted(days, filings["filed"])
    room = len(days) - 1 - day
    amended = np.flatnonzero((rng.random(count) < 0.017) & (room > 4) & (filings["kind"] < FORM3))
    gap = 1 + (rng.random(len(amended)) * np.minimum(room[amended], 20)).astype(np.int64)
    second = filings.take(amended)
    second.columns["filed"] = days[np.minimum(day[amended] + gap, len(days) - 1)]
    # The date of the original is typed by hand: now and then it is a day off.
    second.columns["original"] = filings["filed"][amended] - (rng.random(len(amended)) < 0.06)
    second.columns["agent"] = rng.integers(0, 6, len(amended))

    size = world.group_size[filings["issuer"]]
    in_group = (filings["seat"] % SEATS == GROUP_SEAT) & np.isin(filings["kind"], [SALE_PLAN, SALE, PURCHASE])
    joint = np.flatnonzero(in_group & (size > 1) & (rng.random(count) < 0.25))
    also = filings.take(joint)
    filings.columns["owners"][joint] = 1
    also.columns["owners"] = size[joint]
    also.columns["accepted"] = np.minimum(filings["accepted"][joint] + 240, int(21.98 * 3600))

    source = np.concatenate([amended, joint])
    filings = Rows.join([filings, second, also])
    copies = []
    for part in (lines, holdings, derivatives, notes):
        rows, target = _expand(part["filing"], source, count)
        copy = part.take(rows)
        copy.columns["filing"] = target
        copies.append(copy)
    # What the amendment corrects: the number of shares of its first line.
    corrected = (copies[0]["filing"] < count + len(amended)) & (copies[0]["order"] == 0)
    changed = np.round(copies[0]["shares"] * 1.1 / SCALE).astype(np.int64) * SCALE
    copies[0].columns["shares"] = np.where(corrected, np.maximum(changed, SCALE), copies[0]["shares"])
    return (
        filings,
        Rows.join([lines, copies[0]]),
        Rows.join([holdings, copies[1]]),
        Rows.join([derivatives, copies[2]]),
        Rows.join([notes, copies[3]]),
    )


def _expand(owner: np.ndarray, wanted: np.ndarray, first_new: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the rows of each wanted filing, and the position of its copy."""
    order = np.argsort(owner, kind="stable")
    low = np.searchsorted(owner[order], wanted, side="left")
    counts = np.searchsorted(owner[order], wanted, side="right") - low
    target = np.repeat(np.arange(len(wanted)) + first_new, counts)
    offset = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    return order[np.repeat(low, counts) + offset], target


def _hold(filings: Rows, lines: Rows, state: State) -> None:
    """Shares owned after each line: a running sum per seat, never below zero; a repeated report moves nothing."""
    seat = filings["seat"][lines["filing"]]
    moves = (filings["original"][lines["filing"]] == ABSENT) & (filings["owners"][lines["filing"]] <= 1)
    signed = np.where(moves, np.where(lines["acquires"] > 0, lines["shares"], -lines["shares"]), 0)
    order = np.argsort(seat, kind="stable")
    seats, running = seat[order], signed[order].cumsum()
    starts = np.flatnonzero(np.r_[True, seats[1:] != seats[:-1]]) if len(seats) else np.zeros(0, np.int64)
    if not len(starts):
        lines.columns["after"] = np.zeros(0, np.int64)
        return
    counts = np.diff(np.r_[starts, len(seats)])
    running -= np.repeat(running[starts] - signed[order][starts], counts)
    lowest = np.minimum.reduceat(running, starts)
    held = state.held[seats[starts]]
    # Shares that came in unreported (inheritance, a plan's small acquisitions) cover what was missing.
    held = held + np.maximum(-(held + lowest), 0)
    after = np.repeat(held, counts) + running
    state.held[seats[starts]] = after[starts + counts - 1]
    lines.columns["after"] = np.empty(len(order), dtype=np.int64)
    lines.columns["after"][order] = after


def _numbered(state: State, table: str, count: int) -> pa.Array:
    first = state.keys.get(table, 1_000_000)
    state.keys[table] = first + count
    return pa.array(np.arange(first, first + count)).cast(pa.string())


def _texts(
    world: World, name: str, days: np.ndarray, filings: Rows, lines: Rows, holdings: Rows, derivatives: Rows,
    notes: Rows, state: State,
) -> Quarter:  # fmt: skip
    """The arrays as the data set's text tables."""
    issuer, seat, agent = filings["issuer"], filings["seat"], filings["agent"]
    accession = _accessions(filings, state)
    filed_text = date_text(filings["filed"])
    word = agent % 2 == 1  # some filer agents write booleans as words
    is_plan = filings["kind"] == SALE_PLAN
    box = np.where(
        (filings["filed"] < BOX_SINCE) | (filings["form"] == 3),
        "",
        np.where(word, np.where(is_plan, "true", "false"), np.where(is_plan, "1", "0")),
    )
    trade_day = world.trading[lines["ti"]]
    period = np.full(len(filings), ABSENT)
    period[lines["filing"][::-1]] = trade_day[::-1]
    period[derivatives["filing"][::-1]] = world.trading[derivatives["ti"]][::-1]
    period = np.where(period == ABSENT, world.trading[filings["ti"]], period)
    issuer_cik = pa.array([f"{ISSUER_CIK + place:010d}" for place in range(world.issuers)])
    renamed = filings["filed"] >= world.issuer_renamed[issuer]
    form = np.array(["3", "4", "5", "3/A", "4/A", "5/A"])[
        filings["form"] - 3 + np.where(filings["original"] == ABSENT, 0, 3)
    ]
    empty = pa.array([""] * len(filings))
    remarks = pa.array(world.seat_remarks).take(pa.array(seat))
    submission = {
        "ACCESSION_NUMBER": accession,
        "FILING_DATE": filed_text,
        "PERIOD_OF_REPORT": date_text(period),
        "DATE_OF_ORIG_SUB": date_text(filings["original"]),
        "NO_SECURITIES_OWNED": empty,
        "NOT_SUBJECT_SEC16": pa.array(np.where(word, "false", np.where(agent == 0, "", "0"))),
        "FORM3_HOLDINGS_REPORTED": empty,
        "FORM4_TRANS_REPORTED": empty,
        "DOCUMENT_TYPE": pa.array(form),
        "ISSUERCIK": issuer_cik.take(pa.array(issuer)),
        "ISSUERNAME": pc.if_else(
            pa.array(renamed),
            pa.array(world.issuer_name).take(pa.array(issuer)),
            pa.array(world.issuer_old_name).take(pa.array(issuer)),
        ),
        "ISSUERTRADINGSYMBOL": pa.array(world.issuer_ticker).take(pa.array(issuer)),
        "REMARKS": remarks,
        "AFF10B5ONE": pa.array(box),
    }
    tables = {
        "SUBMISSION": pa.table(submission),
        "REPORTINGOWNER": _owner_table(world, filings, accession),
        "NONDERIV_TRANS": _line_table(world, filings, lines, accession, word, state),
        "NONDERIV_HOLDING": _holding_table(filings, holdings, accession, state),
        "FOOTNOTES": _note_table(world, notes, accession),
        "OWNER_SIGNATURE": _signature_table(world, filings, accession, filed_text),
    }
    tables["DERIV_TRANS"], tables["DERIV_HOLDING"] = _derivative_tables(
        world, filings, derivatives, accession, word, state
    )
    resic = filings["filed"] >= world.issuer_resic[issuer]
    sic = pc.if_else(
        pa.array(resic),
        pa.array(world.issuer_sic).take(pa.array(issuer)),
        pa.array(world.issuer_old_sic).take(pa.array(issuer)),
    )
    is_late = (filings["filed"] == days[-1]) & (filings["accepted"] > _CUT_OFF)
    header = pa.table(
        {
            "accession": accession,
            "filed": pa.array(filings["filed"]),
            "accepted": pa.array(filings["accepted"]),
            "sic": sic,
            "issuer": pa.array(issuer),
            "is_late": pa.array(is_late),
        }
    )
    return Quarter(name, tables, header)


def _accessions(filings: Rows, state: State) -> pa.Array:
    """Agent, year, and the agent's running number within the year, in order of acceptance."""
    year = filings["filed"].astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    sequence = np.empty(len(filings), dtype=np.int64)
    for agent in np.unique(filings["agent"]):
        rows = np.flatnonzero(filings["agent"] == agent)
        if len(rows):
            key = (int(agent), int(year[rows[0]]))  # a quarter lies in one year
            begun = state.sequence.get(key, 0)
            sequence[rows] = np.arange(begun + 1, begun + 1 + len(rows))
            state.sequence[key] = begun + len(rows)
    return pc.binary_join_element_wise(
        pa.array([f"{AGENT_CIK + place:010d}" for place in range(6)]).take(pa.array(filings["agent"])),
        pc.utf8_lpad(pa.array(year % 100).cast(pa.string()), 2, "0"),
        pc.utf8_lpad(pa.array(sequence).cast(pa.string()), 6, "0"),
        "-",
    )


def _table(name: str, count: int, values: dict[str, pa.Array]) -> pa.Table:
    """A table of the data set with the columns not named left empty."""
    empty = pa.array([""] * count)
    return pa.table({column: values.get(column, empty) for column in COLUMNS[name]})


def _footnote_id(numbers: np.ndarray) -> pa.Array:
    known = pa.array(["", *[f"F{place}" for place in range(1, 60)]])
    return known.take(pa.array(numbers))


def _owner_rows(world: World, filings: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Filing and owner of every reporting owner row."""
    is_group = filings["seat"] % SEATS == GROUP_SEAT
    only = filings["owners"]
    size = np.where(is_group & (only == 0), world.group_size[filings["issuer"]], 1)
    at = np.repeat(np.arange(len(filings)), size)
    within = np.arange(len(at)) - np.repeat(size.cumsum() - size, size)
    member = within + np.maximum(only[at] - 1, 0)
    first = np.where(is_group, world.group_first[filings["issuer"]], world.seat_owner[filings["seat"]])
    return at, first[at] + np.where(is_group[at], member, 0)


def _owner_table(world: World, filings: Rows, accession: pa.Array) -> pa.Table:
    at, owner = _owner_rows(world, filings)
    seat, issuer = pa.array(filings["seat"][at]), filings["issuer"][at]
    cities = names.CITIES
    city = pa.array(world.issuer_city[issuer])
    care_of = pc.binary_join_element_wise("C/O ", pc.utf8_upper(pa.array(world.issuer_name)), "")
    file_number = pa.array([f"001-{40_000 + place:05d}" for place in range(world.issuers)])
    return _table(
        "REPORTINGOWNER",
        len(at),
        {
            "ACCESSION_NUMBER": accession.take(pa.array(at)),
            "RPTOWNERCIK": pc.utf8_lpad(pa.array(owner + OWNER_CIK).cast(pa.string()), 10, "0"),
            "RPTOWNERNAME": pa.array(world.owner_name).take(pa.array(owner)),
            "RPTOWNER_RELATIONSHIP": pa.array(world.seat_relationship).take(seat),
            "RPTOWNER_TITLE": pa.array(world.seat_title).take(seat),
            "RPTOWNER_STREET1": care_of.take(pa.array(issuer)),
            "RPTOWNER_STREET2": pa.array(world.issuer_street).take(pa.array(issuer)),
            "RPTOWNER_CITY": pa.array([place[0] for place in cities]).take(city),
            "RPTOWNER_STATE": pa.array([place[1] for place in cities]).take(city),
            "RPTOWNER_ZIPCODE": pa.array([place[2] for place in cities]).take(city),
            "FILE_NUMBER": file_number.take(pa.array(issuer)),
        },
    )


def _line_table(
    world: World, filings: Rows, lines: Rows, accession: pa.Array, word: np.ndarray, state: State
) -> pa.Table:
    at = lines["filing"]
    title = pa.array(filings["issuer"][at] % len(TITLES))
    swap = np.where(word[at], np.where(lines["swap"] > 0, "true", "false"), np.where(lines["swap"] > 0, "1", "0"))
    lag = filings["filed"][at] - world.trading[lines["ti"]]
    form = np.array(["", "", "", "3", "4", "5"])[filings["form"][at]]
    return _table(
        "NONDERIV_TRANS",
        len(at),
        {
            "ACCESSION_NUMBER": accession.take(pa.array(at)),
            "NONDERIV_TRANS_SK": _numbered(state, "NONDERIV_TRANS", len(at)),
            "SECURITY_TITLE": pa.array(TITLES).take(title),
            "TRANS_DATE": date_text(world.trading[lines["ti"]] + lines["date_shift"]),
            "TRANS_FORM_TYPE": pa.array(form),
            "TRANS_CODE": pa.array(CODES).take(pa.array(lines["code"])),
            "EQUITY_SWAP_INVOLVED": pa.array(swap),
            "EQUITY_SWAP_TRANS_CD_FN": _footnote_id(lines["code_note"]),
            "TRANS_TIMELINESS": pa.array(np.where((lag > 6) & (filings["form"][at] == 4), "L", "")),
            "TRANS_SHARES": number_text(lines["shares"]),
            "TRANS_PRICEPERSHARE": number_text(lines["price"]),
            "TRANS_PRICEPERSHARE_FN": _footnote_id(lines["price_note"]),
            "TRANS_ACQUIRED_DISP_CD": pa.array(np.where(lines["acquires"] > 0, "A", "D")),
            "SHRS_OWND_FOLWNG_TRANS": number_text(lines["after"]),
            "DIRECT_INDIRECT_OWNERSHIP": pa.array(np.where(lines["nature"] > 0, "I", "D")),
            "NATURE_OF_OWNERSHIP": pa.array(_NATURES).take(pa.array(lines["nature"])),
            "NATURE_OF_OWNERSHIP_FN": _footnote_id(lines["nature_note"]),
        },
    )


def _holding_table(filings: Rows, holdings: Rows, accession: pa.Array, state: State) -> pa.Table:
    at = holdings["filing"]
    return _table(
        "NONDERIV_HOLDING",
        len(at),
        {
            "ACCESSION_NUMBER": accession.take(pa.array(at)),
            "NONDERIV_HOLDING_SK": _numbered(state, "NONDERIV_HOLDING", len(at)),
            "SECURITY_TITLE": pa.array(TITLES).take(pa.array(filings["issuer"][at] % len(TITLES))),
            "SHRS_OWND_FOLWNG_TRANS": number_text(holdings["held"]),
            "DIRECT_INDIRECT_OWNERSHIP": pa.array(np.where(holdings["nature"] > 0, "I", "D")),
            "NATURE_OF_OWNERSHIP": pa.array(_NATURES).take(pa.array(holdings["nature"])),
        },
    )


def _derivative_tables(
    world: World, filings: Rows, rows: Rows, accession: pa.Array, word: np.ndarray, state: State
) -> tuple[pa.Table, pa.Table]:
    def common(part: Rows, first_date: str) -> dict[str, pa.Array]:
        at = part["filing"]
        traded = world.trading[part["ti"]]
        is_option = part["title"] == 1
        return {
            "ACCESSION_NUMBER": accession.take(pa.array(at)),
            "SECURITY_TITLE": pa.array(_DERIVATIVES).take(pa.array(part["title"])),
            "CONV_EXERCISE_PRICE": number_text(part["strike"]),
            "CONV_EXERCISE_PRICE_FN": _footnote_id(part["note"]),
            first_date: date_text(np.where(is_option, traded + 365, ABSENT)),
            f"{first_date}_FN": _footnote_id(np.where(is_option, 0, part["note"])),
            "EXPIRATION_DATE": date_text(np.where(is_option, traded + 3652, ABSENT)),
            "EXPIRATION_DATE_FN": _footnote_id(np.where(is_option, 0, part["note"])),
            "UNDLYNG_SEC_TITLE": pa.array(TITLES).take(pa.array(filings["issuer"][at] % len(TITLES))),
            "UNDLYNG_SEC_SHARES": number_text(part["shares"]),
            "SHRS_OWND_FOLWNG_TRANS": number_text(part["after"]),
            "DIRECT_INDIRECT_OWNERSHIP": pa.array(["D"] * len(at)),
        }

    traded = rows.take(np.flatnonzero(rows["is_holding"] == 0))
    held = rows.take(np.flatnonzero(rows["is_holding"] == 1))
    at = traded["filing"]
    transactions = common(traded, "EXCERCISE_DATE") | {
        "DERIV_TRANS_SK": _numbered(state, "DERIV_TRANS", len(at)),
        "TRANS_DATE": date_text(world.trading[traded["ti"]]),
        "TRANS_FORM_TYPE": pa.array(np.array(["", "", "", "3", "4", "5"])[filings["form"][at]]),
        "TRANS_CODE": pa.array(CODES).take(pa.array(traded["code"])),
        "EQUITY_SWAP_INVOLVED": pa.array(np.where(word[at], "false", "0")),
        "TRANS_SHARES": number_text(traded["shares"]),
        "TRANS_PRICEPERSHARE": number_text(traded["price"]),
        "TRANS_ACQUIRED_DISP_CD": pa.array(np.where(traded["acquires"] > 0, "A", "D")),
    }
    holdings = common(held, "EXERCISE_DATE") | {"DERIV_HOLDING_SK": _numbered(state, "DERIV_HOLDING", len(held))}
    return (
        _table("DERIV_TRANS", len(traded), transactions),
        _table("DERIV_HOLDING", len(held), holdings),
    )


def _note_table(world: World, notes: Rows, accession: pa.Array) -> pa.Table:
    kind = notes["kind"]
    fixed = pa.array(
        ["", "", NOTE_PLACEMENT, NOTE_REINVESTED, NOTE_GROUP, NOTE_VEST, NOTE_TAX, NOTE_NO_PRICE, "", "", ""]
    ).take(pa.array(kind))
    adopted = world.trading[notes["adopted"]].astype("datetime64[D]").astype(str)
    plan = pc.binary_join_element_wise(pa.array(NOTE_PLAN).take(pa.array(notes["wording"])), pa.array(adopted), ".", "")
    ranged = pc.binary_join_element_wise(
        "The price is a weighted average. The shares were traded in several transactions at prices ranging from $",
        _cents(notes["low"]),
        " to $",
        _cents(notes["high"]),
        ", inclusive. The split by price is available to the SEC staff, the issuer and any holder on request.",
        "",
    )
    text = pc.if_else(pa.array(kind == 1), plan, pc.if_else(pa.array(kind == 10), ranged, fixed))
    return _table(
        "FOOTNOTES",
        len(kind),
        {
            "ACCESSION_NUMBER": accession.take(pa.array(notes["filing"])),
            "FOOTNOTE_ID": _footnote_id(notes["number"]),
            "FOOTNOTE_TXT": text,
        },
    )


def _cents(values: np.ndarray) -> pa.Array:
    cents = values // 100
    whole = pa.array(cents // 100).cast(pa.string())
    rest = pa.array([f"{place:02d}" for place in range(100)]).take(pa.array(cents % 100))
    return pc.binary_join_element_wise(whole, rest, ".")


def _signature_table(world: World, filings: Rows, accession: pa.Array, filed_text: pa.Array) -> pa.Table:
    at, owner = _owner_rows(world, filings)
    signed = pa.array(world.owner_signed).take(pa.array(owner))
    by_proxy = filings["agent"][at] >= 3
    text = pc.if_else(
        pa.array(by_proxy),
        pc.binary_join_element_wise("/s/ Corporate Secretary, attorney-in-fact for ", signed, ""),
        pc.binary_join_element_wise("/s/ ", signed, ""),
    )
    return _table(
        "OWNER_SIGNATURE",
        len(at),
        {
            "ACCESSION_NUMBER": accession.take(pa.array(at)),
            "OWNERSIGNATURENAME": text,
            "OWNERSIGNATUREDATE": filed_text.take(pa.array(at)),
        },
    )
