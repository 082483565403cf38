"""The pages a server shows beside files: throttle, undeclared tool, missing file, the landing page of the sets."""

from __future__ import annotations

import hashlib
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LANDING_PATH = "/data-research/sec-markets-data/insider-transactions-data-sets"
QUARTERLY_FOLDERS = (
    "files/structureddata/data/insider-transactions-data-sets",
    "files/datastandardsinnovation/data/insider-transactions-data-sets",
)

THROTTLED = b"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head><title>SEC.gov | Request Rate Threshold Exceeded</title></head>
<body>
<h1>Request Rate Threshold Exceeded</h1>
<p>Simulated page. The server has seen more requests than its limit allows and refuses all of them for a while.</p>
<p>Reference ID: 0.simulated</p>
</body>
</html>
"""

UNDECLARED = b"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head><title>SEC.gov | Your Request Originates from an Undeclared Automated Tool</title></head>
<body>
<h1>Your Request Originates from an Undeclared Automated Tool</h1>
<p>Simulated page. Declare your traffic: send a User-Agent with a name and an e-mail address.</p>
</body>
</html>
"""

# The words of the price shops, which come with status 200: reported in the trackers of their clients.
STOOQ_USED_UP = b"Exceeded the daily hits limit"
STOOQ_KEY = b"""Simulated page. Get your apikey:
1. Open https://stooq.com/q/d/?s=spy.us&get_apikey
2. Enter the captcha code.
"""
TIINGO_USED_UP = (
    b"You have run over your hourly request allocation. Simulated answer: please wait or upgrade your plan."
)


def access_denied(path: str) -> bytes:
    """The body EDGAR's storage gives for an address it does not hold."""
    request = hashlib.sha256(path.encode()).hexdigest()[:16].upper()
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>{request}</RequestId>"
        "<HostId>simulated</HostId></Error>"
    ).encode()


def plain_error(status: int) -> bytes:
    """A short page for an error status."""
    return f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n".encode()


def landing_page(root: Path) -> bytes:
    """The page that links every quarterly set the mirror holds, newest first."""
    links = sorted(
        ((file.name, f"/{folder}/{file.name}") for folder in QUARTERLY_FOLDERS for file in _zips(root / folder)),
        reverse=True,
    )
    rows = "\n".join(
        f'<tr><td>{escape(name[:4])} Q{escape(name[5])}</td><td><a href="{escape(href)}">ZIP</a></td></tr>'
        for name, href in links
    )
    return (
        "<!DOCTYPE html>\n<html><head><title>Insider Transactions Data Sets</title></head><body>\n"
        f"<h1>Insider Transactions Data Sets</h1>\n<table>\n{rows}\n</table>\n</body></html>\n"
    ).encode()


def _zips(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9][0-9][0-9][0-9]q[1-4]_form345.zip"))
