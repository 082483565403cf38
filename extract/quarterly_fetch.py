"""Fetches the SEC's quarterly Insider Transactions Data Sets (form345) into the landing zone, as served.

The SEC has moved the sets before, so their addresses are read from the page that links them; the known patterns serve
where that page cannot be had or does not list a quarter.
https://www.sec.gov/data-research/sec-markets-data/insider-transactions-data-sets
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urljoin

from extract import landing
from extract.http import Patience, SecClient
from warehouse.errors import FetchError, NotPublishedYet, SettingsError, Throttled
from warehouse.quarters import Quarter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse.settings import Settings

logger = logging.getLogger(__name__)

QuarterStatus: TypeAlias = Literal["fetched", "unchanged"]

LANDING_PAGE = "/data-research/sec-markets-data/insider-transactions-data-sets"

# Newest sets have lain under the second folder since 2026.
FOLDERS = (
    "/files/structureddata/data/insider-transactions-data-sets",
    "/files/datastandardsinnovation/data/insider-transactions-data-sets",
)

_LINK = re.compile(rb"""href\s*=\s*["']([^"']*?((?:19|20)\d{2}q[1-4])_form345\.zip)["']""", re.IGNORECASE)


@dataclass(frozen=True)
class QuarterFetched:
    """What came of fetching a quarter.

    Attributes:
        quarter: For example ``2024q3``.
        status: ``fetched``: a new version is landed; ``unchanged``: the newest version landed is what is served.
        version: That version.
    """

    quarter: str
    status: QuarterStatus
    version: landing.QuarterlyZip


def parse_quarter(text: str) -> Quarter:
    """A quarter as the SEC writes it, ``2024q3``; an upper-case Q and blanks around it are put up with.

    Raises:
        SettingsError: It is none.
    """
    quarter = Quarter.named(text.strip().lower())
    if quarter is None:
        raise SettingsError(f"{text!r} is no quarter: write it as 2024q3")
    return quarter


def quarter_range(first: str, last: str) -> Iterator[str]:
    """Every quarter from `first` to `last`, both included.

    Raises:
        SettingsError: One of them is no quarter, or they are in the wrong order.
    """
    start, end = parse_quarter(first), parse_quarter(last)
    if start > end:
        raise SettingsError(f"the quarters from {first} to {last} are none: {first} is later than {last}")
    return (str(start.plus(count)) for count in range(end - start + 1))


def fetch_quarter(quarter: str, settings: Settings, *, patience: Patience | None = None) -> QuarterFetched:
    """Bring a quarter's data set into the landing zone unless the newest version there is what is served.

    Args:
        quarter: For example ``2024q3``.
        settings: Where to fetch from and where to.
        patience: How long one fetch is pursued.

    Raises:
        NotPublishedYet: None of the known addresses has the quarter.
        FetchError: The server did not give it.
        Throttled: The server kept asking us to slow down.
        SettingsError: The quarter is none, or ``SEC_CONTACT`` is missing for the SEC.
    """
    quarter = str(parse_quarter(quarter))
    known = landing.quarterly_zips(quarter, settings)
    newest = known[-1] if known else None
    with SecClient(settings, patience) as client:
        for url in _addresses(client, quarter, settings, newest):
            conditional: dict[str, str] = {}
            if newest and newest.url == url:
                validators = {"If-None-Match": newest.etag, "If-Modified-Since": newest.last_modified}
                conditional = {name: value for name, value in validators.items() if value}
            fetched = client.get(url, kind="quarterly", partition=quarter, conditional=conditional)
            if fetched.is_missing:
                continue
            if newest and (fetched.is_unchanged or fetched.sha256 == newest.sha256):
                logger.info("%s is unchanged since %s", quarter, newest.fetched_at)
                return QuarterFetched(quarter, "unchanged", newest)
            version = landing.store_quarterly_zip(
                quarter,
                settings,
                fetched.body,
                url=url,
                fetched_at=fetched.fetched_at,
                headers={name.lower(): value for name, value in fetched.headers.items()},
                is_simulated=fetched.is_simulated,
            )
            logger.info("%s: %.1f MB from %s", quarter, version.byte_count / 1e6, url)
            return QuarterFetched(quarter, "fetched", version)
    raise NotPublishedYet(
        f"the data set of {quarter} is at none of its known addresses; the SEC publishes a quarter some weeks after "
        f"its end. See {settings.sec_www_url}{LANDING_PAGE}"
    )


def update_quarters(settings: Settings, *, patience: Patience | None = None) -> Iterator[QuarterFetched]:
    """Bring what is landed up to date: every set published since the first quarter landed, where missing or changed.

    The page that links the sets says which there are. Where it cannot be had, the quarters landed and the one after
    them are asked for at their known addresses. Nothing is landed, nothing is fetched: how far back history goes is
    the user's decision, and costs a download per quarter.

    Args:
        settings: Where to fetch from and where to.
        patience: How long one fetch is pursued.

    Yields:
        What came of each quarter, oldest first.

    Raises:
        NotPublishedYet: A set that the page links is not there.
        FetchError: The server did not give it.
        Throttled: The server kept asking us to slow down.
        SettingsError: ``SEC_CONTACT`` is missing for the SEC.
    """
    landed = landing.landed_quarters(settings)
    if not landed:
        return
    with SecClient(settings, patience) as client:
        page = _landing_page(client, landed[-1], settings)
    published = linked_quarters(page) if page else []
    if unlinked := sorted(set(landed) - set(published)):
        logger.warning("%s: landed, but not linked by %s", ", ".join(unlinked), LANDING_PAGE)
    for quarter in [name for name in published if name >= landed[0]]:
        yield fetch_quarter(quarter, settings, patience=patience)
    if not published:
        for quarter in landed:
            yield fetch_quarter(quarter, settings, patience=patience)
        following = str(parse_quarter(landed[-1]).plus(1))
        try:
            yield fetch_quarter(following, settings, patience=patience)
        except NotPublishedYet:
            logger.info("%s is not published yet", following)


def linked_quarters(page: bytes) -> list[str]:
    """Quarters of which a page links a set, oldest first."""
    return sorted({name.decode().lower() for _, name in _LINK.findall(page)})


def linked_sets(page: bytes, page_url: str, quarter: str) -> list[str]:
    """Addresses of a quarter's set linked by a page, in page order.

    Args:
        page: The page, HTML.
        page_url: Its own address, for links relative to it.
        quarter: For example ``2024q3``.
    """
    links = _LINK.findall(page)
    return [urljoin(page_url, path.decode("latin-1")) for path, name in links if name.decode().lower() == quarter]


def _addresses(
    client: SecClient, quarter: str, settings: Settings, newest: landing.QuarterlyZip | None
) -> Iterator[str]:
    """Addresses to try, each once: where it was last, where the landing page links it, the known patterns."""
    tried: set[str] = set()
    if newest and newest.url.startswith(f"{settings.sec_www_url}/"):
        tried.add(newest.url)
        yield newest.url
    # The page is asked for only when the set is not where it was before.
    patterns = [f"{settings.sec_www_url}{folder}/{quarter}_form345.zip" for folder in FOLDERS]
    for url in [*_linked(client, quarter, settings), *patterns]:
        if url not in tried:
            tried.add(url)
            yield url


def _linked(client: SecClient, quarter: str, settings: Settings) -> list[str]:
    page = _landing_page(client, quarter, settings)
    links = linked_sets(page, f"{settings.sec_www_url}{LANDING_PAGE}", quarter)
    # A link to elsewhere is not followed: only the configured server is asked.
    return [url for url in links if url.startswith(f"{settings.sec_www_url}/")]


def _landing_page(client: SecClient, quarter: str, settings: Settings) -> bytes:
    """The page that links the sets; empty where it cannot be had."""
    try:
        page = client.get(f"{settings.sec_www_url}{LANDING_PAGE}", kind="page", partition=quarter)
    except Throttled:
        raise
    except FetchError as error:
        logger.warning("the page that links the quarterly sets cannot be had, known addresses are tried: %s", error)
        return b""
    return b"" if page.is_missing else page.body
