"""Every setting of the project, read from environment variables in this one file.

The names, defaults and meanings are listed in ``.env.example``; a test keeps the two in step.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dotenv import dotenv_values

from warehouse.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHECKOUT = Path(__file__).resolve().parent.parent

SEC_WWW_URL = "https://www.sec.gov"
SEC_DATA_URL = "https://data.sec.gov"
TIINGO_URL = "https://api.tiingo.com"
STOOQ_URL = "https://stooq.com"

# Where prices come from: two servers, the user's own files, or nowhere.
PRICE_SOURCES = ("tiingo", "stooq", "files")

# https://www.sec.gov/os/accessing-edgar-data: "no more than 10 requests per second".
SEC_LIMIT_PER_SECOND = 10.0

_CONTACT = re.compile(r"\S.*\s\S+@\S+\.\S+")
_MAIL_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+")
_MEMORY = re.compile(r"\d+(\.\d+)?\s?([KMGT]i?B)", re.IGNORECASE)


@dataclass(frozen=True)
class Settings:
    """The settings of one process.

    Attributes:
        data_dir: Folder of everything the project writes.
        sec_contact: ``Name e-mail`` sent as User-Agent; ``None`` only off sec.gov.
        sec_www_url: Base address of the archives (indexes, filings, quarterly sets), no trailing slash.
        sec_data_url: Base address of the submissions JSON, no trailing slash.
        sec_max_requests_per_second: Requests per second over everything on this machine, above 0 and at most 10.
        daily_start_date: First filing day ``form4_daily`` catches up from; ``None`` for the first day of the
            previous calendar quarter, the earliest day no quarterly set may cover yet.
        daily_end_date: Last filing day ``form4_daily`` schedules; ``None`` to go on. A simulated or replayed stretch
            of days ends somewhere.
        look_back_days: How many earlier filing days have their index read again by each daily run.
        lock_dir: Folder of the machine-wide rate limit's state.
        throttle_pause_seconds: How long nobody on this machine asks a server that has sent its "slow down" page.
        duckdb_memory_limit: Memory DuckDB may use before it spills to disk, with its unit (``6GB``); ``None`` for
            DuckDB's own default, 80% of the memory of the machine or container, and at most 7 GB.
        duckdb_threads: Threads of one DuckDB connection; ``None`` for one per core.
        warehouse_wait_seconds: How long a writer waits for another writer of the warehouse file before it gives up.
        price_source: Where the prices of the sector ETFs come from: ``tiingo``, ``stooq``, ``files``; ``None`` for
            nowhere.
        price_files_dir: Folder of the user's own price files, for source ``files``.
        price_max_requests_per_second: Requests per second to a source of prices, above 0 and at most 10.
        tiingo_url: Base address of Tiingo, no trailing slash.
        tiingo_token: Its token; never logged.
        stooq_url: Base address of Stooq, no trailing slash.
        stooq_api_key: Its key; never logged.
        freeze_after_business_days: How many filing days after a quarter end must be published before its tiers are
            frozen.
        report_mail_to: Addresses that are sent the quarterly tier report; none: it is not sent.
        report_mail_from: Sender's address; ``None`` for the one of Airflow's mail connection.
    """

    data_dir: Path
    sec_contact: str | None = None
    sec_www_url: str = SEC_WWW_URL
    sec_data_url: str = SEC_DATA_URL
    sec_max_requests_per_second: float = 8.0
    daily_start_date: date | None = None
    daily_end_date: date | None = None
    look_back_days: int = 5
    lock_dir: Path = Path(tempfile.gettempdir()) / "insider-tiers"
    throttle_pause_seconds: float = 600.0
    duckdb_memory_limit: str | None = None
    duckdb_threads: int | None = None
    warehouse_wait_seconds: float = 600.0
    price_source: str | None = None
    price_files_dir: Path | None = None
    price_max_requests_per_second: float = 1.0
    tiingo_url: str = TIINGO_URL
    tiingo_token: str | None = field(default=None, repr=False)
    stooq_url: str = STOOQ_URL
    stooq_api_key: str | None = field(default=None, repr=False)
    freeze_after_business_days: int = 5
    report_mail_to: tuple[str, ...] = ()
    report_mail_from: str | None = None

    @property
    def is_live_sec(self) -> bool:
        """Whether any request would reach sec.gov."""
        hosts = (urlsplit(self.sec_www_url).hostname or "", urlsplit(self.sec_data_url).hostname or "")
        return any(host == "sec.gov" or host.endswith(".sec.gov") for host in hosts)

    @property
    def user_agent(self) -> str:
        """The declared User-Agent.

        Raises:
            SettingsError: ``SEC_CONTACT`` is missing or has no e-mail address and the server is the SEC's.
        """
        if self.sec_contact and _CONTACT.fullmatch(self.sec_contact.strip()):
            return self.sec_contact.strip()
        if self.is_live_sec:
            raise SettingsError(
                "SEC_CONTACT must hold your name and e-mail address, for example "
                "SEC_CONTACT='Jane Doe jane@example.com'. The SEC blocks clients that do not declare themselves; "
                "set it in .env or in the environment."
            )
        return "insider-tiers practice run@localhost.invalid"

    @property
    def landing_dir(self) -> Path:
        """Everything fetched, as served."""
        return self.data_dir / "landing"

    @property
    def parsed_dir(self) -> Path:
        """Rows parsed from the landing zone, waiting for the writer; may be deleted at any time."""
        return self.data_dir / "parsed"

    @property
    def warehouse_path(self) -> Path:
        """The writer's DuckDB file."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def published_dir(self) -> Path:
        """The readers' folder: ``insider_tiers.duckdb``, ``parquet/<mart>/`` and ``manifest.json``."""
        return self.data_dir / "published"

    @property
    def published_path(self) -> Path:
        """The readers' DuckDB file."""
        return self.published_dir / "insider_tiers.duckdb"

    @property
    def reports_dir(self) -> Path:
        """What people look at: ``trends.html``, ``operations.html``, and a folder per quarterly report."""
        return self.data_dir / "reports"

    @property
    def quality_dir(self) -> Path:
        """Data Docs and gate results."""
        return self.data_dir / "quality"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from environment variables.

    Args:
        environment: Variable names to values. ``None`` for the process environment, and where that says nothing, the
            file ``.env`` of the checkout.

    Raises:
        SettingsError: A value cannot be read or is refused; the message names the variable and the remedy.
    """
    env = {**dotenv_values(CHECKOUT / ".env"), **os.environ} if environment is None else environment

    def text(name: str, default: str) -> str:
        return (env.get(name) or "").strip() or default

    rate = _number("SEC_MAX_REQUESTS_PER_SECOND", text("SEC_MAX_REQUESTS_PER_SECOND", "8"))
    if not 0 < rate <= SEC_LIMIT_PER_SECOND:
        raise SettingsError(
            f"SEC_MAX_REQUESTS_PER_SECOND={rate:g} is refused: the SEC allows at most {SEC_LIMIT_PER_SECOND:g} "
            "requests a second. Choose a number above 0 and at most 10."
        )
    look_back = _number("LOOK_BACK_DAYS", text("LOOK_BACK_DAYS", "5"))
    if look_back < 0 or look_back != int(look_back):
        raise SettingsError(f"LOOK_BACK_DAYS={look_back:g} is refused: give a whole number of days, 0 or more.")
    daily_start = _day("DAILY_START_DATE", text("DAILY_START_DATE", ""))
    daily_end = _day("DAILY_END_DATE", text("DAILY_END_DATE", ""))
    if daily_start and daily_end and daily_end < daily_start:
        raise SettingsError(f"DAILY_END_DATE={daily_end} is before DAILY_START_DATE={daily_start}.")
    memory = text("DUCKDB_MEMORY_LIMIT", "")
    if memory and not _MEMORY.fullmatch(memory):
        raise SettingsError(f"DUCKDB_MEMORY_LIMIT={memory!r} is refused: give a number and a unit, for example 6GB.")
    threads = _number("DUCKDB_THREADS", text("DUCKDB_THREADS", "0"))
    if threads < 0 or threads != int(threads):
        raise SettingsError(
            f"DUCKDB_THREADS={threads:g} is refused: give a whole number of threads, or nothing for one per core."
        )
    wait = _number("WAREHOUSE_WAIT_SECONDS", text("WAREHOUSE_WAIT_SECONDS", "600"))
    if not 0 <= wait < float("inf"):
        raise SettingsError(f"WAREHOUSE_WAIT_SECONDS={wait:g} is refused: give a number of seconds, 0 or more.")
    freeze_after = _number("FREEZE_AFTER_BUSINESS_DAYS", text("FREEZE_AFTER_BUSINESS_DAYS", "5"))
    if not freeze_after.is_integer() or not 0 <= freeze_after <= 40:
        raise SettingsError(
            f"FREEZE_AFTER_BUSINESS_DAYS={freeze_after:g} is refused: give a whole number of days, 0 to 40; after "
            "more, the next quarter's end would come first."
        )
    pause = _number("THROTTLE_PAUSE_SECONDS", text("THROTTLE_PAUSE_SECONDS", "600"))
    if not 0 < pause <= 3600:
        raise SettingsError(f"THROTTLE_PAUSE_SECONDS={pause:g} is refused: give seconds, above 0 and at most 3600.")
    return Settings(
        data_dir=_folder(text("DATA_DIR", "data")),
        sec_contact=text("SEC_CONTACT", "") or None,
        sec_www_url=_address("SEC_WWW_URL", text("SEC_WWW_URL", SEC_WWW_URL)),
        sec_data_url=_address("SEC_DATA_URL", text("SEC_DATA_URL", SEC_DATA_URL)),
        sec_max_requests_per_second=rate,
        daily_start_date=daily_start,
        daily_end_date=daily_end,
        look_back_days=int(look_back),
        lock_dir=_folder(text("RATE_LIMIT_DIR", str(Settings.lock_dir))),
        throttle_pause_seconds=pause,
        duckdb_memory_limit=memory or None,
        duckdb_threads=int(threads) or None,
        warehouse_wait_seconds=wait,
        **_price_settings(text),
        freeze_after_business_days=int(freeze_after),
        report_mail_to=_mail_addresses("REPORT_MAIL_TO", text("REPORT_MAIL_TO", "")),
        report_mail_from=next(iter(_mail_addresses("REPORT_MAIL_FROM", text("REPORT_MAIL_FROM", ""))), None),
    )


def _price_settings(text: Callable[[str, str], str]) -> dict[str, Any]:
    """The settings of the prices road."""
    source = text("PRICE_SOURCE", "").lower()
    if source and source not in PRICE_SOURCES:
        raise SettingsError(f"PRICE_SOURCE={source!r} is refused: choose {', '.join(PRICE_SOURCES)}, or nothing.")
    rate = _number("PRICE_MAX_REQUESTS_PER_SECOND", text("PRICE_MAX_REQUESTS_PER_SECOND", "1"))
    if not 0 < rate <= 10:
        raise SettingsError(
            f"PRICE_MAX_REQUESTS_PER_SECOND={rate:g} is refused: choose a number above 0 and at most 10."
        )
    files = text("PRICE_FILES_DIR", "")
    if source == "files" and not files:
        raise SettingsError("PRICE_SOURCE=files needs PRICE_FILES_DIR, the folder of your own price files.")
    return {
        "price_source": source or None,
        "price_files_dir": _folder(files) if files else None,
        "price_max_requests_per_second": rate,
        "tiingo_url": _address("TIINGO_URL", text("TIINGO_URL", TIINGO_URL)),
        "tiingo_token": text("TIINGO_TOKEN", "") or None,
        "stooq_url": _address("STOOQ_URL", text("STOOQ_URL", STOOQ_URL)),
        "stooq_api_key": text("STOOQ_API_KEY", "") or None,
    }


def _folder(name: str) -> Path:
    """A folder; a relative one stands in the checkout, wherever the process was started."""
    return CHECKOUT / Path(name).expanduser()


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise SettingsError(f"{name}={value!r} is not a number.") from error


def _day(name: str, value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise SettingsError(f"{name}={value!r} is not a date: write it as YYYY-MM-DD.") from error


def _mail_addresses(name: str, value: str) -> tuple[str, ...]:
    addresses = tuple(part.strip() for part in value.split(",") if part.strip())
    for address in addresses:
        if not _MAIL_ADDRESS.fullmatch(address):
            raise SettingsError(f"{name}: {address!r} is no e-mail address; several are separated by commas.")
    return addresses


def _address(name: str, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"{name}={value!r} is not a web address: write it as https://host.")
    return value.rstrip("/")
