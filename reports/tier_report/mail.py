"""Writes the mail that brings a finished report: what it says in a sentence, the PDF and the workbook."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

from reports.published import SIMULATED
from reports.tier_report.folder import NOTE, PDF
from reports.tier_report.tables import WORKBOOK
from warehouse.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse.settings import Settings


def compose(folder: Path, settings: Settings) -> dict[str, Any]:
    """The arguments of Airflow's ``SmtpNotifier`` for one report.

    Args:
        folder: The report's folder.
        settings: Who is to be sent it, and by whom.

    Raises:
        ReportError: The folder holds no whole report.
    """
    try:
        note = json.loads((folder / NOTE).read_bytes())
        attached = [folder / PDF, folder / WORKBOOK]
        if missing := [path.name for path in attached if path.name not in note["sha256"] or not path.is_file()]:
            raise ReportError(f"{folder} lacks {', '.join(missing)}: clear render_report.")
        said = [note["summary"]]
        if note["is_simulated"]:
            said.insert(0, SIMULATED)
        said.append(f"Filings known up to {note['as_of_date']}. Everything else of it is in {folder}.")
    except (OSError, ValueError, KeyError) as error:
        raise ReportError(f"{folder} holds no whole report ({error}): clear render_report.") from error
    return {
        "to": list(settings.report_mail_to),
        "from_email": settings.report_mail_from,
        "subject": note["title"] + (" (simulated data)" if note["is_simulated"] else ""),
        "html_content": "".join(f"<p>{html.escape(line)}</p>" for line in said),
        "files": [str(path) for path in attached],
    }
