"""The simulated economy: sectors and their paths, companies, insiders. Everything a seed decides before any filing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from simulator import names
from simulator.days import edgar_days, number, trading_days

# CIKs of nine million and up are not assigned by the SEC; the ranges keep the kinds of filer apart.
ISSUER_CIK = 9_000_001
OWNER_CIK = 9_100_000
OTHER_FILER_CIK = 9_800_000
CASE_ISSUER_CIK = 9_900_001
CASE_OWNER_CIK = 9_950_001
AGENT_CIK = 9_990_001

SEATS = 13  # CEO, CFO, COO, general counsel, two other officers, six directors, one group of 10% owners
GROUP_SEAT = 12
MAX_GROUP = 4


@dataclass(frozen=True)
class Sector:
    """One sector.

    Attributes:
        name: Its GICS name.
        etf: Ticker of the fund that tracks it.
        etf_since: First trading day of the fund.
        sics: SIC codes of its companies with the SEC's titles.
        cycle_months: Length of its price cycle.
        phase: Where the cycle's trailing return stands at the end of the world: 1 top, 0 middle, -1 bottom.
        price: Fund price at the start.
    """

    name: str
    etf: str
    etf_since: date
    sics: tuple[tuple[str, str], ...]
    cycle_months: float
    phase: float
    price: float


_SPDR = date(1998, 12, 22)
SECTORS: tuple[Sector, ...] = (
    Sector(
        "Communication Services",
        "XLC",
        date(2018, 6, 19),
        (
            ("4813", "TELEPHONE COMMUNICATIONS (NO RADIOTELEPHONE)"),
            ("4833", "TELEVISION BROADCASTING STATIONS"),
            ("4841", "CABLE & OTHER PAY TELEVISION SERVICES"),
            ("2711", "NEWSPAPERS: PUBLISHING OR PUBLISHING & PRINTING"),
        ),
        31,
        0.95,
        50.0,
    ),
    Sector(
        "Consumer Discretionary",
        "XLY",
        _SPDR,
        (
            ("5961", "RETAIL-CATALOG & MAIL-ORDER HOUSES"),
            ("5812", "RETAIL-EATING PLACES"),
            ("5651", "RETAIL-FAMILY CLOTHING STORES"),
            ("3714", "MOTOR VEHICLE PARTS & ACCESSORIES"),
            ("7011", "HOTELS & MOTELS"),
            ("3711", "MOTOR VEHICLES & PASSENGER CAR BODIES"),
        ),
        27,
        0.1,
        98.0,
    ),
    Sector(
        "Consumer Staples",
        "XLP",
        _SPDR,
        (
            ("2000", "FOOD AND KINDRED PRODUCTS"),
            ("2080", "BEVERAGES"),
            ("2086", "BOTTLED & CANNED SOFT DRINKS & CARBONATED WATERS"),
            ("5411", "RETAIL-GROCERY STORES"),
            ("2840", "SOAP, DETERGENTS, CLEANG PREPARATIONS, PERFUMES, COSMETICS"),
        ),
        35,
        -0.1,
        52.0,
    ),
    Sector(
        "Energy",
        "XLE",
        _SPDR,
        (
            ("1311", "CRUDE PETROLEUM & NATURAL GAS"),
            ("1381", "DRILLING OIL & GAS WELLS"),
            ("1389", "OIL & GAS FIELD SERVICES, NEC"),
            ("2911", "PETROLEUM REFINING"),
        ),
        33,
        -1.0,
        60.0,
    ),
    Sector(
        "Financials",
        "XLF",
        _SPDR,
        (
            ("6021", "NATIONAL COMMERCIAL BANKS"),
            ("6022", "STATE COMMERCIAL BANKS"),
            ("6311", "LIFE INSURANCE"),
            ("6331", "FIRE, MARINE & CASUALTY INSURANCE"),
            ("6211", "SECURITY BROKERS, DEALERS & FLOTATION COMPANIES"),
            ("6141", "PERSONAL CREDIT INSTITUTIONS"),
        ),
        29,
        0.05,
        24.0,
    ),
    Sector(
        "Health Care",
        "XLV",
        _SPDR,
        (
            ("2834", "PHARMACEUTICAL PREPARATIONS"),
            ("2836", "BIOLOGICAL PRODUCTS, (NO DISGNOSTIC SUBSTANCES)"),
            ("3841", "SURGICAL & MEDICAL INSTRUMENTS & APPARATUS"),
            ("3845", "ELECTROMEDICAL & ELECTROTHERAPEUTIC APPARATUS"),
            ("6324", "HOSPITAL & MEDICAL SERVICE PLANS"),
        ),
        30,
        -0.95,
        86.0,
    ),
    Sector(
        "Industrials",
        "XLI",
        _SPDR,
        (
            ("3720", "AIRCRAFT & PARTS"),
            ("3721", "AIRCRAFT"),
            ("3585", "AIR-COND & WARM AIR HEATG EQUIP & COMM & INDL REFRIG EQUIP"),
            ("4011", "RAILROADS, LINE-HAUL OPERATING"),
            ("4213", "TRUCKING (NO LOCAL)"),
            ("8711", "SERVICES-ENGINEERING SERVICES"),
        ),
        32,
        0.9,
        65.0,
    ),
    Sector(
        "Information Technology",
        "XLK",
        _SPDR,
        (
            ("7372", "SERVICES-PREPACKAGED SOFTWARE"),
            ("3674", "SEMICONDUCTORS & RELATED DEVICES"),
            ("3571", "ELECTRONIC COMPUTERS"),
            ("7371", "SERVICES-COMPUTER PROGRAMMING SERVICES"),
            ("7373", "SERVICES-COMPUTER INTEGRATED SYSTEMS DESIGN"),
        ),
        28,
        1.0,
        62.0,
    ),
    Sector(
        "Materials",
        "XLB",
        _SPDR,
        (
            ("2821", "PLASTIC MATERIALS, SYNTH RESINS & NONVULCAN ELASTOMERS"),
            ("2860", "INDUSTRIAL ORGANIC CHEMICALS"),
            ("3312", "STEEL WORKS, BLAST FURNACES & ROLLING MILLS (COKE OVENS)"),
            ("1040", "GOLD AND SILVER ORES"),
            ("1000", "METAL MINING"),
        ),
        34,
        0.0,
        51.0,
    ),
    Sector(
        "Real Estate",
        "XLRE",
        date(2015, 10, 8),
        (("6798", "REAL ESTATE INVESTMENT TRUSTS"), ("6512", "OPERATORS OF NONRESIDENTIAL BUILDINGS")),
        30,
        -0.9,
        31.0,
    ),
    Sector(
        "Utilities",
        "XLU",
        _SPDR,
        (
            ("4911", "ELECTRIC SERVICES"),
            ("4931", "ELECTRIC & OTHER SERVICES COMBINED"),
            ("4924", "NATURAL GAS DISTRIBUTION"),
            ("4941", "WATER SUPPLY"),
        ),
        36,
        -0.05,
        53.0,
    ),
)
SECTOR_NAMES = tuple(sector.name for sector in SECTORS)
SIC_TITLES: dict[str, str] = {code: title for sector in SECTORS for code, title in sector.sics} | {
    "6770": "BLANK CHECKS",
    "6792": "OIL ROYALTY TRADERS",
    "3570": "COMPUTER & OFFICE EQUIPMENT",
    "7389": "SERVICES-BUSINESS SERVICES, NEC",
    "6035": "SAVINGS INSTITUTION, FEDERALLY CHARTERED",
}
MARKET_SHARE = 0.7  # of the market's return that insiders do not blame on their sector
INSIGHT = 1.0  # log odds of a purchase per standard deviation of what insiders know, where an effect is planted
TRAILING_DAYS = 126  # half a year: what contrarian insiders look back on


@dataclass(frozen=True)
class Signal:
    """What insiders of a sector know in a quarter, where an effect is planted.

    Attributes:
        quarter_end: Last day of the quarter.
        sector: Name of the sector.
        signal: Standard deviations among the sectors of the quarter.
        log_return: What it adds to the fund's log return from the first close after the quarter's end to the first
            close after the next one's; 0 where the world ends before.
    """

    quarter_end: date
    sector: str
    signal: float
    log_return: float


@dataclass(frozen=True)
class World:
    """Everything the filings are drawn from. Arrays are per issuer, owner or trading day as named.

    Attributes:
        seed: The seed.
        start: First day of history.
        through: Last filing day.
        contrarian: How strongly insiders lean against their sector's trailing half-year return: the log odds of a
            purchase fall, and those of a discretionary sale rise by half of it, per standard deviation.
        filings_per_issuer: Average filings per issuer and quarter.
        trading: Trading day numbers, from a year before ``start``.
        sector_close: Fund closes, sectors x trading days.
        market_close: Closes of the market fund.
        lean: Trailing half-year return of the sector less most of the market's, in standard deviations;
            sectors x trading days.
        issuer_price: Closes per issuer, issuers x trading days (float32).
        insight: By how much the log odds of a purchase rise, and those of a discretionary sale fall by half of it, for
            what insiders know of the next quarter; sectors x trading days. Zero unless an effect is planted.
        signals: What is known, in standard deviations, and what it does to prices; empty unless an effect is planted.
        earnings: Earnings days of every issuer in day numbers, issuers x n, ascending.
        fiscal_ends: Fiscal quarter ends that belong to them.
    """

    seed: int
    start: date
    through: date
    contrarian: float
    filings_per_issuer: float
    trading: np.ndarray
    edgar: np.ndarray
    sector_close: np.ndarray
    market_close: np.ndarray
    lean: np.ndarray
    insight: np.ndarray
    signals: tuple[Signal, ...]
    issuer_sector: np.ndarray
    issuer_name: list[str]
    issuer_old_name: list[str]
    issuer_renamed: np.ndarray
    issuer_ticker: list[str]
    issuer_sic: list[str]
    issuer_old_sic: list[str]
    issuer_resic: np.ndarray
    issuer_from: np.ndarray
    issuer_until: np.ndarray
    issuer_activity: np.ndarray
    issuer_size: np.ndarray
    issuer_city: np.ndarray
    issuer_street: list[str]
    issuer_price: np.ndarray
    fiscal_ends: np.ndarray
    earnings: np.ndarray
    owner_name: list[str]
    owner_signed: list[str]
    seat_owner: np.ndarray
    seat_title: list[str]
    seat_relationship: list[str]
    seat_remarks: list[str]
    seat_routine_month: np.ndarray
    group_size: np.ndarray
    group_first: np.ndarray

    @property
    def issuers(self) -> int:
        """Number of companies with regular filings."""
        return len(self.issuer_name)


def make_world(
    *,
    seed: int,
    start: date,
    through: date,
    issuers: int,
    contrarian: float,
    filings_per_issuer: float,
    effect: float | None = None,
) -> World:
    """Draw the economy; the same arguments give the same world.

    With an `effect` prices have no cycles: they are random walks, to which each quarter adds the effect times what
    insiders knew in the quarter before. With 0 nothing that insiders do says anything about later prices.
    """
    rng = np.random.default_rng([seed, 1])
    # Prices begin before the first filing: insiders look back half a year, the contrarian control a whole one.
    trading = trading_days(max(start - timedelta(days=400), date(1999, 1, 4)), through)
    insight, signals, drift = _planted(trading, seed, effect)
    sector_close, market_close = _sector_paths(trading, rng, drift)
    lean = _lean(sector_close, market_close)
    sector = rng.permutation(np.arange(issuers) % len(SECTORS))
    first, last = number(start), number(through)
    span = last - first
    is_late = rng.random(issuers) < 0.12
    is_dead = rng.random(issuers) < 0.08
    listed_from = np.where(is_late, first + rng.integers(0, max(span // 2, 1), issuers), first)
    listed_until = np.where(is_dead, first + rng.integers(2 * span // 3, max(span, 2), issuers), last)
    sics, old_sics, resic = _sic_history(sector, first, span, rng)
    issuer_names = names.company_names(sector, SECTOR_NAMES, rng)
    renamed = np.where(rng.random(issuers) < 0.04, first + rng.integers(span // 4, max(span, 2), issuers), first)
    old = [f"Old {name}" if moment > first else name for name, moment in zip(issuer_names, renamed, strict=True)]
    owner_filed, owner_signed, seat_owner, group_size, group_first = _owners(issuers, issuer_names, rng)
    titles, relationships, remarks = _seats(issuers, rng)
    ends, earnings = _earnings(issuers, start, through, rng)
    return World(
        seed=seed,
        start=start,
        through=through,
        contrarian=contrarian,
        filings_per_issuer=filings_per_issuer,
        trading=trading,
        edgar=edgar_days(start, through),
        sector_close=sector_close,
        market_close=market_close,
        lean=lean,
        insight=insight,
        signals=signals,
        issuer_sector=sector,
        issuer_name=issuer_names,
        issuer_old_name=old,
        issuer_renamed=renamed,
        issuer_ticker=names.tickers(issuers, rng),
        issuer_sic=sics,
        issuer_old_sic=old_sics,
        issuer_resic=resic,
        issuer_from=listed_from,
        issuer_until=listed_until,
        issuer_activity=rng.lognormal(-0.18, 0.6, issuers),
        issuer_size=rng.normal(0.0, 0.5, issuers),
        issuer_city=rng.integers(len(names.CITIES), size=issuers),
        issuer_street=[
            f"{100 + int(a)} {names.STREETS[int(b)]}"
            for a, b in zip(rng.integers(0, 8900, issuers), rng.integers(len(names.STREETS), size=issuers), strict=True)
        ],
        issuer_price=_issuer_prices(sector, sector_close, rng),
        fiscal_ends=ends,
        earnings=earnings,
        owner_name=owner_filed,
        owner_signed=owner_signed,
        seat_owner=seat_owner,
        seat_title=titles,
        seat_relationship=relationships,
        seat_remarks=remarks,
        seat_routine_month=np.where(rng.random(issuers * SEATS) < 0.05, rng.integers(1, 13, issuers * SEATS), 0),
        group_size=group_size,
        group_first=group_first,
    )


def _planted(
    trading: np.ndarray, seed: int, effect: float | None
) -> tuple[np.ndarray, tuple[Signal, ...], np.ndarray | None]:
    """What insiders know by trading day, the signals, and the log return they add to each day's close."""
    shape = (len(SECTORS), len(trading))
    if effect is None:
        return np.zeros(shape), (), None
    rng = np.random.default_rng([seed, 9])
    months = trading.astype("datetime64[D]").astype("datetime64[M]")
    quarter = months.astype(np.int64) // 3
    insight, drift = np.zeros(shape), np.zeros(shape)
    signals = []
    for name in np.unique(quarter):
        drawn = rng.standard_normal(len(SECTORS))
        known = (drawn - drawn.mean()) / drawn.std()
        insight[:, quarter == name] = INSIGHT * known[:, None]
        # From the day after the next quarter's first close to the first close of the one after: what is earned by
        # whoever buys at the first close that knows the quarter.
        following = np.flatnonzero(quarter == name + 1)
        after = np.flatnonzero(quarter == name + 2)
        days = np.append(following[1:], after[:1])
        is_whole = len(days) > 0 and len(after) > 0
        if is_whole:
            drift[:, days] += effect * known[:, None] / len(days)
        end = np.datetime64(int(name) * 3 + 3, "M").astype("datetime64[D]") - 1
        signals += [
            Signal(end.astype(date), sector.name, float(value), effect * float(value) if is_whole else 0.0)
            for sector, value in zip(SECTORS, known, strict=True)
        ]
    return insight, tuple(signals), drift


def _sector_paths(
    trading: np.ndarray, rng: np.random.Generator, planted: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Cycles of known length with known phase at the end, or what is planted, plus noise; sectors and the market."""
    years = (trading - trading[-1]) / 365.25
    market = rng.normal(0.00030, 0.0055, len(trading)).cumsum()
    closes = np.empty((len(SECTORS), len(trading)))
    for place, sector in enumerate(SECTORS):
        length = sector.cycle_months / 12
        # The trailing half-year return of a sine lags it by a quarter of a year: aim for two months before the end.
        angle = 2 * np.pi * (years + 0.17) / length + (np.arcsin(np.clip(sector.phase, -1, 1)))
        drift = 0.5 / 252 * np.sin(angle + 2 * np.pi * 0.25 / length)
        if planted is not None:
            drift = planted[place]
        log_price = drift.cumsum() + market + rng.normal(0, 0.0027, len(trading)).cumsum()
        closes[place] = sector.price * np.exp(log_price - log_price[0])
    market_close = 270.0 * np.exp(market - market[0])
    return closes.round(6), market_close.round(6)


def _lean(closes: np.ndarray, market: np.ndarray) -> np.ndarray:
    """Trailing half-year log return less most of the market's, in standard deviations."""
    logs = np.log(closes) - MARKET_SHARE * np.log(market)
    trailing = np.zeros_like(logs)
    trailing[:, TRAILING_DAYS:] = logs[:, TRAILING_DAYS:] - logs[:, :-TRAILING_DAYS]
    seen = trailing[:, TRAILING_DAYS:] if logs.shape[1] > TRAILING_DAYS else trailing
    lean: np.ndarray = trailing / max(float(seen.std()), 1e-9)
    return lean


def _issuer_prices(sector: np.ndarray, sector_close: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    days = sector_close.shape[1]
    first = np.exp(rng.normal(np.log(45.0), 0.7, len(sector)))
    prices = np.empty((len(sector), days), dtype=np.float32)
    logs = np.log(sector_close / sector_close[:, :1])
    for low in range(0, len(sector), 500):
        part = slice(low, min(low + 500, len(sector)))
        noise = rng.standard_normal((part.stop - part.start, days), dtype=np.float32)
        noise *= np.float32(0.012)
        walk = noise.cumsum(axis=1) - np.float32(0.00007) * np.arange(days, dtype=np.float32)
        prices[part] = np.maximum(first[part, None] * np.exp(logs[sector[part]] + walk), 0.5)
    return prices


def _sic_history(
    sector: np.ndarray, first: int, span: int, rng: np.random.Generator
) -> tuple[list[str], list[str], np.ndarray]:
    now, before = [], []
    pick = rng.random((len(sector), 2))
    for place, own in enumerate(sector):
        codes = SECTORS[own].sics
        now.append(codes[int(pick[place, 0] * len(codes))][0])
        before.append(codes[int(pick[place, 1] * len(codes))][0])
    changes = rng.random(len(sector)) < 0.03
    resic = np.where(changes, first + rng.integers(span // 4, max(span, 2), len(sector)), first)
    return now, [b if c else n for b, n, c in zip(before, now, changes, strict=True)], resic


def _owners(
    issuers: int, issuer_names: list[str], rng: np.random.Generator
) -> tuple[list[str], list[str], np.ndarray, np.ndarray, np.ndarray]:
    persons = issuers * (SEATS - 1)
    filed, signed = names.person_names(persons, rng)
    group_size = 1 + rng.integers(0, MAX_GROUP, issuers)
    group_first = persons + np.concatenate([[0], group_size.cumsum()[:-1]])
    for place, size in enumerate(group_size):
        stem = " ".join(issuer_names[(place * 7 + 3) % issuers].split()[:2])
        for member in range(int(size)):
            name = f"{stem} {names.FUND_WORDS[member]}"
            filed.append(name)
            signed.append(name)
    seat_owner = np.empty((issuers, SEATS), dtype=np.int64)
    seat_owner[:, : SEATS - 1] = np.arange(persons).reshape(issuers, SEATS - 1)
    seat_owner[:, GROUP_SEAT] = group_first
    # Some directors sit on a second board: one CIK, two issuers.
    shared = np.flatnonzero(rng.random(issuers) < 0.3)
    shared = shared[shared > 0]
    seat_owner[shared, 11] = seat_owner[shared - 1, 10]
    return filed, signed, seat_owner.ravel(), group_size, group_first


def _seats(issuers: int, rng: np.random.Generator) -> tuple[list[str], list[str], list[str]]:
    ladders = (
        names.CEO_TITLES,
        names.CFO_TITLES,
        names.COO_TITLES,
        names.COUNSEL_TITLES,
        names.OTHER_TITLES,
        names.OTHER_TITLES,
    )
    pick = rng.random((issuers, len(ladders)))
    both = rng.random((issuers, 2))
    titles, relationships, remarks = [], [], []
    for row in range(issuers):
        chosen = [ladder[int(pick[row, place] * len(ladder))] for place, ladder in enumerate(ladders)]
        titles += [*chosen, *[""] * 7]
        relationships += ["Director,Officer" if both[row, 0] < 0.9 else "Officer", *["Officer"] * 5]
        relationships += ["Director,TenPercentOwner" if both[row, 1] < 0.15 else "Director", *["Director"] * 5]
        relationships.append("TenPercentOwner")
        remarks += ["President and Chief Executive Officer" if chosen[0] == "See Remarks" else "", *[""] * 12]
    return titles, relationships, remarks


def _earnings(issuers: int, start: date, through: date, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Fiscal quarter ends and the earnings day after each, day numbers, issuers x quarters."""
    months = []
    year, month = start.year - 1, 6
    while date(year, month, 1) <= through + timedelta(days=120):
        following = date(year + month // 12, month % 12 + 1, 1)
        months.append(number(following) - 1)
        month += 3
        year, month = (year + 1, month - 12) if month > 12 else (year, month)
    ends = np.tile(np.array(months), (issuers, 1))
    odd = rng.random(issuers) < 0.15  # fiscal years that end a month early
    ends = ends - np.where(odd, 30, 0)[:, None]
    return ends, ends + rng.integers(20, 46, ends.shape)
