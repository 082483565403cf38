"""The means to write a named case: companies, people, filings line by line, and what must come of them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from simulator.days import from_number
from simulator.form345 import COLUMNS, sec_date
from simulator.submission import Company, FilingRows
from simulator.world import CASE_ISSUER_CIK, CASE_OWNER_CIK, SIC_TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

CASE_AGENT = "0009999999"
LEAST_DAYS, MOST_DAYS = 14, 18
KEY_COLUMNS = ("case_id", "trap", "accession_number", "table_code", "line_number", "field", "expected", "why")


@dataclass(frozen=True)
class Issuer:
    """A company of the cases; it has no other filings than the ones written down for it."""

    cik: str
    name: str
    ticker: str
    sic: str

    def company(self) -> Company:
        """As a submission's header describes it."""
        return Company(name=self.name, cik=self.cik, sic=self.sic, sic_title=SIC_TITLES.get(self.sic, "SIMULATED"))


@dataclass(frozen=True)
class Owner:
    """A reporting owner in one relationship."""

    cik: str
    name: str
    relationship: str = "Director"
    title: str = ""
    other_text: str = ""


@dataclass(frozen=True)
class Trade:
    """One row of the non-derivative or derivative transaction table.

    Attributes:
        code: Transaction code; empty leaves it out.
        shares: As text, like ``1000`` or ``12.3456``.
        price: As text; ``None`` leaves the value out.
        day: Trade date; the filing day before the filing's when ``None``.
        day_text: Trade date as the data set writes it, for dates no calendar holds.
        acquired: ``A`` or ``D``; by the code when empty.
        after: Shares owned afterwards.
        direct: ``D`` or ``I``.
        nature: Nature of indirect ownership.
        code_notes: Footnotes at the transaction code.
        price_notes: Footnotes at the price.
        shares_notes: Footnotes at the number of shares.
        title: Security title.
        strike: Conversion or exercise price, derivative table only.
        swap: Whether an equity swap is involved.
    """

    code: str
    shares: str
    price: str | None
    day: date | None = None
    day_text: str = ""
    acquired: str = ""
    after: str = "50000"
    direct: str = "D"
    nature: str = ""
    code_notes: str = ""
    price_notes: str = ""
    shares_notes: str = ""
    title: str = "Common Stock"
    strike: str = ""
    swap: bool = False


@dataclass(frozen=True)
class Holding:
    """One row of the non-derivative holding table."""

    held: str
    direct: str = "D"
    nature: str = ""
    title: str = "Common Stock"


@dataclass(frozen=True)
class CaseFiling:
    """One filing of a case.

    Attributes:
        rows: Its rows, as the data sets would hold them.
        body: The submission's bytes where they are not simply made from the rows.
        in_quarterly: Whether the quarterly set holds it (what cannot be read is in none).
        index_versions: Versions of the tree whose index lists it.
    """

    rows: FilingRows
    body: bytes | None = None
    in_quarterly: bool = True
    index_versions: frozenset[int] = frozenset({1, 2})

    @property
    def accession(self) -> str:
        """Accession number."""
        return self.rows.accession


@dataclass
class CaseBook:
    """Collects filings and expectations while the cases are written.

    Attributes:
        days: Filing days cases may use, ascending; the last ones before the end of the world.
        history: Every filing day of the world, ascending, for cases of the past.
        daily_from: First day of the daily road.
    """

    days: list[date]
    history: list[date]
    daily_from: date
    filings: list[CaseFiling] = field(default_factory=list)
    keys: list[tuple[str, ...]] = field(default_factory=list)
    issuers: list[Issuer] = field(default_factory=list)
    people: list[tuple[Owner, str]] = field(default_factory=list)
    _owner_count: int = 0
    _sequence: dict[int, int] = field(default_factory=dict)

    def day(self, place: int) -> date:
        """The filing day at that place, from 0."""
        return self.days[place]

    def before(self, day: date, count: int = 1) -> date:
        """The filing day that many filing days before."""
        place = self.history.index(day) - count
        return self.history[max(place, 0)]

    def past_day(self, wanted: date) -> date | None:
        """The first filing day from then on; ``None`` where the world is too young or that day too near."""
        if wanted < self.history[0]:
            return None
        return next((day for day in self.history if wanted <= day < self.daily_from), None)

    @property
    def early_day(self) -> date:
        """A filing day three months into the world."""
        return self.history[min(63, len(self.history) - len(self.days) - 1)]

    def issuer(self, name: str, sic: str, ticker: str | None = None) -> Issuer:
        """A new company."""
        cik = f"{CASE_ISSUER_CIK + len(self.issuers):010d}"
        made = Issuer(cik, name, ticker if ticker is not None else f"ZQ{len(self.issuers):02d}", sic)
        self.issuers.append(made)
        return made

    def owner(self, name: str, relationship: str = "Director", title: str = "", other_text: str = "") -> Owner:
        """A new reporting owner."""
        made = Owner(f"{CASE_OWNER_CIK + self._owner_count:010d}", name, relationship, title, other_text)
        self._owner_count += 1
        return made

    def company_as_owner(self, issuer: Issuer, relationship: str = "TenPercentOwner") -> Owner:
        """A company of the cases as the reporting owner of another."""
        return Owner(issuer.cik, issuer.name, relationship)

    def person_with_sic(self, owner: Owner, sic: str) -> None:
        """Give an owner a submissions JSON that carries a SIC, as some have."""
        self.people.append((owner, sic))

    def accession(self, filed: date) -> str:
        """The next accession number of the cases' filer agent."""
        self._sequence[filed.year] = self._sequence.get(filed.year, 0) + 1
        return f"{CASE_AGENT}-{filed.year % 100:02d}-{self._sequence[filed.year]:06d}"

    def rows(
        self,
        filed: date,
        issuer: Issuer,
        owners: Owner | Sequence[Owner],
        trades: Sequence[Trade] = (),
        *,
        holdings: Sequence[Holding] = (),
        derivatives: Sequence[Trade] = (),
        notes: Sequence[str] = (),
        form: str = "4",
        box: str | None = None,
        original: date | None = None,
        remarks: str = "",
        period: date | None = None,
        accepted: time = time(16, 30, 5),
        accession: str | None = None,
        name: str | None = None,
        sic: str | None = None,
        exhibit: bool = False,
    ) -> FilingRows:
        """Rows of a filing, not yet filed.

        Args:
            filed: Filing date.
            issuer: Company.
            owners: One or several reporting owners.
            trades: Non-derivative transactions.
            holdings: Non-derivative holdings.
            derivatives: Derivative transactions.
            notes: Footnotes; the first is F1.
            form: Form type.
            box: Text of the 10b5-1 box; ``None`` for ``0`` once the box exists and empty before.
            original: Date of the original submission, for amendments.
            remarks: Remarks.
            period: Period of report; the first trade date when ``None``.
            accepted: Time of acceptance, New York.
            accession: Accession number; the next one when ``None``.
            name: Name of the issuer then, where it differs.
            sic: SIC as assigned then, where it differs.
            exhibit: Whether a power of attorney is attached.
        """
        everyone = [owners] if isinstance(owners, Owner) else list(owners)
        number = accession or self.accession(filed)
        eve = self.before(filed)
        trades = [replace(trade, day=trade.day or eve) for trade in trades]
        derivatives = [replace(trade, day=trade.day or eve) for trade in derivatives]
        traded = [_trade_day(trade, filed) for trade in [*trades, *derivatives]]
        if box is None:
            box = "0" if filed >= date(2023, 4, 1) and not form.startswith("3") else ""
        company = issuer.company()
        company = Company(
            name=name or company.name,
            cik=company.cik,
            sic=company.sic if sic is None else sic,
            sic_title=company.sic_title if sic is None else SIC_TITLES.get(sic, "SIMULATED"),
        )
        submission = _row(
            "SUBMISSION",
            ACCESSION_NUMBER=number,
            FILING_DATE=sec_date(filed),
            PERIOD_OF_REPORT=sec_date(period) if period else traded[0] if traded else sec_date(filed),
            DATE_OF_ORIG_SUB=sec_date(original) if original else "",
            NOT_SUBJECT_SEC16="0",
            DOCUMENT_TYPE=form,
            ISSUERCIK=issuer.cik,
            ISSUERNAME=name or issuer.name,
            ISSUERTRADINGSYMBOL=issuer.ticker,
            REMARKS=remarks,
            AFF10B5ONE=box,
        )
        tables = {
            "REPORTINGOWNER": [_owner_row(number, owner) for owner in everyone],
            "NONDERIV_TRANS": [_trade_row(number, trade, filed, form) for trade in trades],
            "NONDERIV_HOLDING": [_holding_row(number, holding) for holding in holdings],
            "DERIV_TRANS": [_derivative_row(number, trade, filed, form) for trade in derivatives],
            "DERIV_HOLDING": [],
            "FOOTNOTES": [
                _row("FOOTNOTES", ACCESSION_NUMBER=number, FOOTNOTE_ID=f"F{place}", FOOTNOTE_TXT=text)
                for place, text in enumerate(notes, start=1)
            ],
            "OWNER_SIGNATURE": [
                _row(
                    "OWNER_SIGNATURE",
                    ACCESSION_NUMBER=number,
                    OWNERSIGNATURENAME=f"/s/ {owner.name}",
                    OWNERSIGNATUREDATE=sec_date(filed),
                )
                for owner in everyone
            ],
        }
        return FilingRows(submission, tables, datetime.combine(filed, accepted), company, exhibit)

    def file(
        self,
        rows: FilingRows,
        *,
        body: bytes | None = None,
        in_quarterly: bool = True,
        index_versions: Sequence[int] = (1, 2),
    ) -> CaseFiling:
        """File it."""
        filing = CaseFiling(rows, body, in_quarterly, frozenset(index_versions))
        self.filings.append(filing)
        return filing

    def expect(
        self, case: str, trap: int, filing: CaseFiling, line: int | str | None, why: str, /, **expected: object
    ) -> None:
        """Note what must come out.

        Args:
            case: Name of the case.
            trap: Number in the list of traps.
            filing: The filing.
            line: 1-based non-derivative row, like ``D1`` a derivative one, ``None`` for the filing.
            why: The reason, in a sentence.
            **expected: Field to value; ``None`` means null.
        """
        place = ("", "") if line is None else ("D", line[1:]) if isinstance(line, str) else ("N", str(line))
        for name, value in expected.items():
            self.keys.append((case, str(trap), filing.accession, *place, name, _text(value), why))

    def expect_mart(self, case: str, trap: int, mart_field: str, expected: object, why: str) -> None:
        """Note a value of a mart other than the transactions, or a fact about the built world."""
        self.keys.append((case, str(trap), "", "", "", mart_field, _text(expected), why))

    def key_csv(self) -> bytes:
        """The answer key."""
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(KEY_COLUMNS)
        writer.writerows(self.keys)
        return target.getvalue().encode()


def case_days(edgar: np.ndarray, daily_from: date) -> list[date]:
    """The last filing days of the daily road, as many as the cases need.

    Raises:
        ValueError: The daily road, or the history before it, is too short for the cases.
    """
    daily = [from_number(value) for value in edgar if from_number(value) >= daily_from]
    if len(daily) < LEAST_DAYS or len(edgar) < 3 * LEAST_DAYS:
        raise ValueError(
            f"the cases need {LEAST_DAYS} filing days on the daily road (there are {len(daily)}) and {3 * LEAST_DAYS} "
            f"in all (there are {len(edgar)}): make the world longer, or build it without cases"
        )
    return daily[-MOST_DAYS:]


def _text(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _row(table: str, **values: str) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS[table], "")
    row.update(values)
    return row


def _number(text: str | None) -> str:
    if text is None or text == "":
        return ""
    whole, _, part = text.partition(".")
    return f"{whole}.{part.rstrip('0') or '0'}"


def _trade_day(trade: Trade, filed: date) -> str:
    if trade.day_text:
        return trade.day_text
    day = trade.day or filed - timedelta(days=1)
    return sec_date(day)


def _coded(trade: Trade, filed: date, form: str, accession: str) -> dict[str, str]:
    acquired = trade.acquired or ("D" if trade.code in {"S", "F", "D", "G", "U"} else "A")
    return {
        "ACCESSION_NUMBER": accession,
        "SECURITY_TITLE": trade.title,
        "TRANS_DATE": _trade_day(trade, filed),
        "TRANS_FORM_TYPE": form[0],
        "TRANS_CODE": trade.code,
        "EQUITY_SWAP_INVOLVED": "1" if trade.swap else "0",
        "EQUITY_SWAP_TRANS_CD_FN": trade.code_notes,
        "TRANS_SHARES": _number(trade.shares),
        "TRANS_SHARES_FN": trade.shares_notes,
        "TRANS_PRICEPERSHARE": _number(trade.price),
        "TRANS_PRICEPERSHARE_FN": trade.price_notes,
        "TRANS_ACQUIRED_DISP_CD": acquired,
        "SHRS_OWND_FOLWNG_TRANS": _number(trade.after),
        "DIRECT_INDIRECT_OWNERSHIP": trade.direct,
        "NATURE_OF_OWNERSHIP": trade.nature,
    }


def _trade_row(accession: str, trade: Trade, filed: date, form: str) -> dict[str, str]:
    return _row("NONDERIV_TRANS", **_coded(trade, filed, form, accession))


def _derivative_row(accession: str, trade: Trade, filed: date, form: str) -> dict[str, str]:
    values = _coded(trade, filed, form, accession)
    return _row(
        "DERIV_TRANS",
        **values,
        CONV_EXERCISE_PRICE=_number(trade.strike),
        EXCERCISE_DATE=sec_date(date(filed.year - 1, 3, 1)),
        EXPIRATION_DATE=sec_date(date(filed.year + 5, 3, 1)),
        UNDLYNG_SEC_TITLE="Common Stock",
        UNDLYNG_SEC_SHARES=_number(trade.shares),
    )


def _holding_row(accession: str, holding: Holding) -> dict[str, str]:
    return _row(
        "NONDERIV_HOLDING",
        ACCESSION_NUMBER=accession,
        SECURITY_TITLE=holding.title,
        SHRS_OWND_FOLWNG_TRANS=_number(holding.held),
        DIRECT_INDIRECT_OWNERSHIP=holding.direct,
        NATURE_OF_OWNERSHIP=holding.nature,
    )


def _owner_row(accession: str, owner: Owner) -> dict[str, str]:
    return _row(
        "REPORTINGOWNER",
        ACCESSION_NUMBER=accession,
        RPTOWNERCIK=owner.cik,
        RPTOWNERNAME=owner.name,
        RPTOWNER_RELATIONSHIP=owner.relationship,
        RPTOWNER_TITLE=owner.title,
        RPTOWNER_TXT=owner.other_text,
        RPTOWNER_STREET1="1 Simulation Way",
        RPTOWNER_CITY="DENVER",
        RPTOWNER_STATE="CO",
        RPTOWNER_ZIPCODE="80202",
        FILE_NUMBER="001-49999",
    )
