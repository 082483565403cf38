"""Writes a world to disk as a static EDGAR mirror with its answer key; same seed, same bytes."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import mirror
from simulator.casebook import CaseBook, CaseFiling, case_days
from simulator.cases import write_cases
from simulator.days import edgar_days, from_number, number, quarter_bounds, quarter_name, quarters
from simulator.form345 import COLUMNS, zip_bytes
from simulator.names import CITIES
from simulator.quarter import Quarter, State, first_state, make_quarter
from simulator.results import listed_results
from simulator.submission import Company, FilingRows, submission_bytes
from simulator.world import ISSUER_CIK, OTHER_FILER_CIK, SECTORS, SIC_TITLES, World, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

CONTRARIAN = 1.3
# What insiders knew and what it does to prices, where an effect is planted.
SIGNALS = "planted_effect.csv"
# One fund splits, so that nobody can take closes as traded for returns without noticing.
SPLIT_ETF, SPLIT_DATE, SPLIT_FACTOR = "XLK", date(2025, 6, 9), 2.0
_ZIPS = "files/structureddata/data/insider-transactions-data-sets"
_INDEX = "Archives/edgar/daily-index"
_KEYS = {"NONDERIV_TRANS", "NONDERIV_HOLDING", "DERIV_TRANS", "DERIV_HOLDING"}
_CUT_OFF = time(17, 30)
_OTHER_FORMS = (
    ("424B2", "Quillfeather Structured Notes Ltd"),
    ("424B5", "Penhallow Shelf Offerings Inc"),
    ("425", "Merrow Combination Corp"),
    ("485BPOS", "Larkfield Growth Fund"),
    ("485APOS", "Larkfield Income Fund"),
    ("497", "Whitcomb Series Trust"),
    ("497K", "Whitcomb Series Trust"),
    ("40-17G", "Tarn Interval Fund"),
    ("40-F", "Norrland Mines Ltd"),
    ("10-K", "Umber Works Inc"),
    ("10-Q", "Umber Works Inc"),
    ("8-K", "Vesper Lighting Inc"),
    ("8-K/A", "Vesper Lighting Inc"),
    ("13F-HR", "Saffron Advisers LLC"),
    ("144", "Huxtable Ida R."),
    ("SC 13D/A", "Trellis Holders LP"),
    ("D", "Orchard Private Co"),
    ("S-3ASR", "Fallow Shelf Corp"),
    ("DEF 14A", "Société Lumière Américaine"),
    ("NPORT-P", "Bramble Bond Fund"),
    ("FWP", "Quillfeather Structured Notes Ltd"),
    ("6-K", "Indigo Overseas PLC"),
)


@dataclass(frozen=True)
class BuildSummary:
    """What was written.

    Attributes:
        root: The mirror.
        seed: The seed.
        quarters: Names of the quarterly sets.
        days: Filing days with an index.
        quarterly_filings: Filings in the quarterly sets.
        daily_filings: Filings on the daily road.
        cases: Named cases in the answer key.
    """

    root: Path
    seed: int
    quarters: tuple[str, ...]
    days: tuple[str, ...]
    quarterly_filings: int
    daily_filings: int
    cases: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self) | {"root": str(self.root)}


def build_world(
    out: Path,
    *,
    seed: int = 7,
    start: date = date(2019, 1, 1),
    through: date = date(2026, 1, 16),
    daily_from: date = date(2025, 12, 22),
    issuers: int = 330,
    contrarian: float = CONTRARIAN,
    filings_per_issuer: float = 7.6,
    effect: float | None = None,
    zip_level: int = 6,
    with_cases: bool = True,
    progress: Callable[[str], None] | None = None,
) -> BuildSummary:
    """Write a mirror.

    Args:
        out: Folder to create; must be absent or empty. It appears complete or not at all.
        seed: Same arguments and seed, same bytes.
        start: First day of history.
        through: Last filing day. Every quarter that has ended by then has a quarterly set.
        daily_from: First day with an index and full submissions; not after the day the last set leaves off.
        issuers: Companies with regular filings (the cases bring their own).
        contrarian: How strongly insiders lean against their sector's trailing half-year return (see ``World``).
        filings_per_issuer: Average filings per issuer and quarter.
        effect: What a standard deviation of insiders' knowledge of a quarter adds to their sector's log return of the
            next; 0 for a world in which nothing they do says anything about later prices. ``None`` for price cycles.
        zip_level: Compression of the quarterly sets, 1 to 9.
        with_cases: Whether the named cases and the answer key are written.
        progress: Called with a line of text per step.

    Raises:
        ValueError: Dates in the wrong order, or filing days that neither road would hold.
        FileExistsError: ``out`` holds something.
    """
    if not start <= daily_from <= through:
        raise ValueError(f"dates must be in order: from {start}, daily from {daily_from}, through {through}")
    last_quarter = quarter_name(through)
    first, last = quarter_bounds(last_quarter)
    open_quarter = last + timedelta(days=1) if _is_over(last_quarter, through) else first
    if len(edgar_days(open_quarter, daily_from - timedelta(days=1))):
        raise ValueError(
            f"filings from {open_quarter} to {daily_from} would be on no road: start the daily road at {open_quarter}"
        )
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty: give a new folder, or delete it first")
    say = progress or (lambda _: None)
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    world = make_world(
        seed=seed,
        start=start,
        through=through,
        issuers=issuers,
        contrarian=contrarian,
        filings_per_issuer=filings_per_issuer,
        effect=effect,
    )
    history = [from_number(value) for value in world.edgar]
    book = CaseBook(days=[], history=history, daily_from=daily_from)
    if with_cases:
        book.days = case_days(world.edgar, daily_from)
        write_cases(book, world)
    daily, sets, quarterly_filings = _write_quarters(part, world, book, daily_from, zip_level, say)
    days = _write_days(part, world, daily, daily_from, say)
    _write_issuers(part, world, book, daily)
    _write_prices(part, world)
    if world.signals:
        lines = [f"{s.quarter_end},{s.sector},{s.signal:.9f},{s.log_return:.9f}" for s in world.signals]
        _write(part / SIGNALS, "\n".join(["quarter_end,sector,signal,log_return", *lines, ""]).encode())
    _write(part / "answer_key.csv", book.key_csv())
    summary = BuildSummary(
        root=out,
        seed=seed,
        quarters=tuple(sets),
        days=tuple(days),
        quarterly_filings=quarterly_filings,
        daily_filings=len(daily),
        cases=len({key[0] for key in book.keys}),
    )
    facts = summary.as_dict() | {
        "simulated": True,
        "start": str(start),
        "through": str(through),
        "daily_from": str(daily_from),
        "issuers": issuers,
        "contrarian": contrarian,
        "effect": effect,
        "issuer_ciks": [f"{ISSUER_CIK:010d}", f"{ISSUER_CIK + issuers - 1:010d}"],
    }
    del facts["root"]  # the same world elsewhere is the same world
    _write(part / "simulated.json", (json.dumps(facts, indent=1) + "\n").encode())
    if out.exists():
        out.rmdir()
    part.rename(out)
    say(f"{quarterly_filings} filings in {len(sets)} sets, {len(daily)} on {len(days)} days, {summary.cases} cases")
    return summary


def _write(path: Path, body: bytes, when: datetime | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    if when is not None:
        os.utime(path, (when.timestamp(), when.timestamp()))


def _is_over(name: str, through: date) -> bool:
    """Whether the quarter has no filing day after that one."""
    return not len(edgar_days(through + timedelta(days=1), quarter_bounds(name)[1]))


def _published(name: str) -> date:
    """The day a quarterly set comes out: the fifth of the month after."""
    return quarter_bounds(name)[1] + timedelta(days=5)


def _write_quarters(
    root: Path, world: World, book: CaseBook, daily_from: date, zip_level: int, say: Callable[[str], None]
) -> tuple[list[CaseFiling], list[str], int]:
    """Draw every quarter in order, write the sets, keep the filings of the daily road."""
    state = first_state(world)
    cases: dict[str, list[CaseFiling]] = {}
    for filing in book.filings:
        cases.setdefault(quarter_name(filing.rows.accepted.date()), []).append(filing)
    carried: dict[str, pa.Table] | None = None
    daily: list[CaseFiling] = []
    sets: list[str] = []
    count = 0
    for name in quarters(world.start, world.through):
        quarter = make_quarter(world, name, state)
        if quarter_bounds(name)[1] >= daily_from:
            daily += _daily_filings(world, quarter, daily_from)
            daily += [case for case in cases.get(name, []) if case.rows.accepted.date() >= daily_from]
        tables, late = _with_cases(world, quarter, cases.get(name, []), state)
        if carried is not None:
            tables = {table: pa.concat_tables([carried[table], tables[table]]) for table in COLUMNS}
        carried = late
        if _is_over(name, world.through):
            stamp = _published(name)
            body = zip_bytes(name, tables, stamp, zip_level)
            _write(root / _ZIPS / f"{name}_form345.zip", body, datetime.combine(stamp, time(12), UTC))
            sets.append(name)
            count += tables["SUBMISSION"].num_rows
            say(f"{name}: {tables['SUBMISSION'].num_rows} filings, {len(body) / 1e6:.1f} MB")
    return daily, sets, count


def _with_cases(
    world: World, quarter: Quarter, cases: Iterable[CaseFiling], state: State
) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
    """The quarter's tables with its cases, split at the cut-off of the last business day."""
    last = from_number(world.edgar[world.edgar <= number(quarter_bounds(quarter.name)[1])][-1])
    late_accessions = quarter.header.filter(quarter.header["is_late"])["accession"].to_pylist()
    rows: dict[str, list[dict[str, str]]] = {table: [] for table in COLUMNS}
    for case in cases:
        if not case.in_quarterly:
            continue
        if case.rows.accepted.date() == last and case.rows.accepted.time() > _CUT_OFF:
            late_accessions.append(case.accession)
        rows["SUBMISSION"].append(dict(case.rows.submission))
        for table in COLUMNS:
            rows[table] += [dict(row) for row in case.rows.rows(table)] if table != "SUBMISSION" else []
    tables, late = {}, {}
    is_late = pa.array(late_accessions, pa.string())
    for table, columns in COLUMNS.items():
        if table in _KEYS:
            first = state.keys.get(table, 1_000_000)
            state.keys[table] = first + len(rows[table])
            for place, row in enumerate(rows[table]):
                row[f"{table}_SK"] = str(first + place)
        schema = pa.schema([(column, pa.string()) for column in columns])
        drawn = quarter.tables[table].cast(schema)
        whole = pa.concat_tables([drawn, pa.Table.from_pylist(rows[table], schema)]) if rows[table] else drawn
        after = pc.is_in(whole["ACCESSION_NUMBER"], is_late)
        tables[table], late[table] = whole.filter(pc.invert(after)), whole.filter(after)
    return tables, late


def _daily_filings(world: World, quarter: Quarter, daily_from: date) -> list[CaseFiling]:
    """The quarter's filings on the daily road, row by row."""
    header = quarter.header.filter(pc.greater_equal(quarter.header["filed"], number(daily_from)))
    wanted = header["accession"]
    found: dict[str, dict[str, list[dict[str, str]]]] = {text: {} for text in wanted.to_pylist()}
    for table in COLUMNS:
        part = quarter.tables[table].filter(
            pc.is_in(quarter.tables[table]["ACCESSION_NUMBER"], wanted.combine_chunks())
        )
        for row in part.to_pylist():
            found[row["ACCESSION_NUMBER"]].setdefault(table, []).append(row)
    filings = []
    for place, row in enumerate(header.to_pylist()):
        tables = found[row["accession"]]
        day = from_number(row["filed"])
        accepted = datetime.combine(day, time()) + timedelta(seconds=row["accepted"])
        company = _company(world, row["issuer"], day)
        exhibit = place % 17 == 0
        filings.append(CaseFiling(FilingRows(tables["SUBMISSION"][0], tables, accepted, company, exhibit)))
    return filings


def _company(world: World, issuer: int, day: date) -> Company:
    is_renamed = number(day) >= world.issuer_renamed[issuer]
    name, old = world.issuer_name[issuer], world.issuer_old_name[issuer]
    changed = number(day) >= world.issuer_resic[issuer]
    sic = world.issuer_sic[issuer] if changed else world.issuer_old_sic[issuer]
    city, state, zip_code = CITIES[world.issuer_city[issuer]]
    renamed_on = from_number(world.issuer_renamed[issuer])
    return Company(
        name=name if is_renamed else old,
        cik=f"{ISSUER_CIK + issuer:010d}",
        sic=sic,
        sic_title=SIC_TITLES[sic],
        street=world.issuer_street[issuer],
        city=city,
        state=state,
        zip_code=zip_code,
        former=((old, f"{renamed_on:%Y%m%d}"),) if is_renamed and old != name else (),
    )


def _write_days(
    root: Path, world: World, daily: list[CaseFiling], daily_from: date, say: Callable[[str], None]
) -> list[str]:
    """Submissions, indexes and folder listings of the daily road, and the later version of the indexes."""
    rng = np.random.default_rng([world.seed, 4])
    by_day: dict[date, list[CaseFiling]] = {
        from_number(value): [] for value in world.edgar[world.edgar >= number(daily_from)]
    }
    for filing in daily:
        by_day[filing.rows.accepted.date()].append(filing)
        _write_submission(root, filing)
    listings: dict[tuple[int, str], list[tuple[str, int, date]]] = {}
    removed: list[str] = []
    changed: set[str] = set()
    for day, filings in by_day.items():
        folder = f"{day.year}/QTR{(day.month - 1) // 3 + 1}/"
        others = _other_lines(world, day, rng)
        for version in (1, 2):
            listed = [filing for filing in filings if version in filing.index_versions]
            lines = [line for filing in listed for line in mirror.index_lines(filing.rows)] + others
            is_new = version == 1 or any(version not in f.index_versions or 1 not in f.index_versions for f in filings)
            when = datetime.combine(day if version == 1 else mirror.saturday_after(day), time(22, 3, 5), UTC)
            base = root if version == 1 else root / "_versions" / str(version)
            for kind, make in (("master", mirror.master_index), ("form", mirror.form_index)):
                body = make(day, lines)
                name = f"{kind}.{day:%Y%m%d}.idx"
                listings.setdefault((version, folder), []).append((name, len(body), when.date()))
                if is_new:
                    _write(base / _INDEX / folder / name, body, when)
            if version > 1 and is_new:
                changed.add(folder)
        removed += [
            f"Archives/{line.path}"
            for filing in filings
            if 2 not in filing.index_versions
            for line in mirror.index_lines(filing.rows)
        ]
    for (version, folder), files in listings.items():
        if version == 1 or folder in changed:
            base = root if version == 1 else root / "_versions" / str(version)
            _write(base / _INDEX / folder / "index.json", mirror.folder_listing(f"daily-index/{folder}", files))
    if changed:
        _write(root / "_versions" / "2" / "removed.json", (json.dumps(sorted(removed), indent=1) + "\n").encode())
    say(f"{len(daily)} submissions on {len(by_day)} filing days")
    return [str(day) for day in by_day]


def _write_submission(root: Path, filing: CaseFiling) -> None:
    body = submission_bytes(filing.rows) if filing.body is None else filing.body
    first: Path | None = None
    for line in mirror.index_lines(filing.rows):
        path = root / "Archives" / line.path
        if first is None:
            _write(path, body, filing.rows.accepted.replace(tzinfo=UTC))
            first = path
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(first, path)


def _other_lines(world: World, day: date, rng: np.random.Generator) -> list[mirror.IndexLine]:
    """Lines of other forms, some by the same companies."""
    lines = []
    for place in range(int(rng.integers(50, 80))):
        kind = int(rng.integers(len(_OTHER_FORMS)))
        form, name = _OTHER_FORMS[kind]
        cik = str(OTHER_FILER_CIK + kind)
        if form in {"8-K", "10-Q", "10-K"} and rng.random() < 0.7:
            issuer = int(rng.integers(world.issuers))
            cik, name = str(ISSUER_CIK + issuer), _company(world, issuer, day).name
        accession = f"0009997777-{day:%y}-{day.timetuple().tm_yday * 100 + place:06d}"
        lines.append(mirror.IndexLine(cik, name, form, f"{day:%Y%m%d}", mirror.data_path(cik, accession)))
    return lines


def _write_issuers(root: Path, world: World, book: CaseBook, daily: list[CaseFiling]) -> None:
    """Submissions JSON of every issuer, and of some people."""
    recent: dict[str, list[FilingRows]] = {}
    people: dict[str, str] = {}
    for filing in reversed(daily):
        if filing.body is not None:
            continue
        recent.setdefault(filing.rows.company.cik, []).append(filing.rows)
        for owner in filing.rows.rows("REPORTINGOWNER"):
            recent.setdefault(owner["RPTOWNERCIK"], []).append(filing.rows)
            if len(people) < 60:
                people[owner["RPTOWNERCIK"]] = owner["RPTOWNERNAME"]
    folder = root / "submissions"
    for issuer, results in enumerate(listed_results(world)):
        company = _company(world, issuer, world.through)
        old = world.issuer_old_name[issuer]
        former = [(old, world.start, from_number(world.issuer_renamed[issuer]))] if old != company.name else []
        body = mirror.submissions_json(
            company,
            ticker=world.issuer_ticker[issuer],
            is_issuer=True,
            recent=recent.get(company.cik, ()),
            results=results,
            former=former,
        )
        _write(folder / f"CIK{company.cik}.json", body)
    for made in book.issuers:
        body = mirror.submissions_json(
            made.company(), ticker=made.ticker, is_issuer=True, recent=recent.get(made.cik, ())
        )
        _write(folder / f"CIK{made.cik}.json", body)
    described = {cik: Company(name, cik, "", "") for cik, name in people.items()}
    for person, sic in book.people:
        described[person.cik] = Company(person.name, person.cik, sic, SIC_TITLES.get(sic, "SIMULATED"))
    for cik, company in described.items():
        if int(cik) == 0 or (folder / f"CIK{cik}.json").exists():
            continue
        body = mirror.submissions_json(company, ticker=None, is_issuer=False, recent=recent.get(cik, ()))
        _write(folder / f"CIK{cik}.json", body)


def _write_prices(root: Path, world: World) -> None:
    rng = np.random.default_rng([world.seed, 5])
    for place, sector in enumerate(SECTORS):
        split = (SPLIT_DATE, SPLIT_FACTOR) if sector.etf == SPLIT_ETF else None
        body = mirror.price_csv(world.trading, world.sector_close[place], sector.etf_since, rng, split)
        _write(root / "prices" / f"{sector.etf}.csv", body)
    _write(root / "prices" / "SPY.csv", mirror.price_csv(world.trading, world.market_close, date(1993, 1, 29), rng))
