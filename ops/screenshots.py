"""Take the pictures of the README from the demo's pages: ``make screenshots``.

Needs a Chromium or Chrome on the machine; Playwright drives it, and downloads none.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ops.checkout import ROOT
from ops.demo.__main__ import demo_environment
from warehouse.errors import InsiderTiersError, RunError
from warehouse.generations import read_manifest
from warehouse.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

IMAGES = ROOT / "docs" / "img"
# A picture of a README is loaded by everyone who looks at it.
MOST_BYTES = 250_000

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_ELSEWHERE = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)


@dataclass(frozen=True)
class Shot:
    """One picture.

    Attributes:
        name: File in ``docs/img``.
        page: File in ``DATA_DIR/reports``.
        mode: Light or dark.
        width: Of the window, in pixels of the page.
        height: Of the picture.
        start: Id of what stands at its top; the top of the page where empty.
        sector: What to choose first; nothing where empty.
    """

    name: str
    page: str
    mode: Literal["light", "dark"]
    width: int
    height: int
    start: str = ""
    sector: str = ""


SHOTS = (
    Shot("trends.png", "trends.html", "light", 1200, 1255),
    Shot("explorer.png", "trends.html", "dark", 1200, 1120, start="explore", sector="Energy"),
    Shot("operations.png", "operations.html", "light", 1200, 870),
    Shot("phone.png", "trends.html", "light", 390, 1040),
)


def find_browser() -> Path | None:
    """A Chromium or Chrome of this machine; ``None`` where there is none."""
    found = [Path(path) for name in _NAMES if (path := shutil.which(name))]
    return next(iter([*found, *(path for path in _ELSEWHERE if path.is_file())]), None)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start the machine's own browser without a window.

    Raises:
        RunError: There is none.
    """
    from playwright.sync_api import sync_playwright

    program = find_browser()
    if program is None:
        raise RunError(f"No browser found: install Chromium or Chrome ({', '.join(_NAMES)}).")
    with sync_playwright() as playwright:
        # In a container, where everything runs as one user, Chromium's own sandbox cannot be set up.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def wait_until_drawn(page: Page) -> None:
    """Wait until every chart of a trends page shows what the controls say; other pages are there at once."""
    if page.locator("#page-data").count():
        page.wait_for_selector("html[data-drawn=yes]", timeout=60_000)


@click.command()
def main() -> None:
    """Write ``docs/img/*.png`` from the demo's pages."""
    try:
        settings = load_settings(demo_environment(os.environ))
        manifest = read_manifest(settings.published_dir)
        if manifest is None or not manifest["is_simulated"]:
            raise RunError("The README shows simulated data and nothing else: run make demo first.")
        for path in take(settings.reports_dir):
            click.echo(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    except InsiderTiersError as error:
        sys.exit(str(error))


def take(reports: Path) -> list[Path]:
    """Take every picture from the pages of a folder.

    Raises:
        RunError: There is no browser, or a picture came out too large for a README.
    """
    IMAGES.mkdir(parents=True, exist_ok=True)
    taken = []
    with open_browser() as browser:
        for shot in SHOTS:
            page = browser.new_page(viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.mode)
            page.goto((reports / shot.page).as_uri())
            wait_until_drawn(page)
            if shot.sector:
                page.select_option("#sector", label=shot.sector)
                wait_until_drawn(page)
            if shot.start:
                page.evaluate("id => document.getElementById(id).scrollIntoView({behavior: 'instant'})", shot.start)
                page.evaluate("document.activeElement.blur()")
            path = IMAGES / shot.name
            page.screenshot(path=path)
            page.close()
            if path.stat().st_size > MOST_BYTES:
                raise RunError(f"{path} has {path.stat().st_size:,} bytes, more than {MOST_BYTES:,}: make it smaller.")
            taken.append(path)
    return taken


if __name__ == "__main__":
    main()
