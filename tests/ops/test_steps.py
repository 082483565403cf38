"""The steps the DAG tasks call, against a server with bad manners."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from extract import landing
from ops import steps
from simulator.server import serve
from tests.extract.mirrors import QUICK, Listed, accessions, settings_for, write_mirror
from warehouse.errors import FetchError

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2024, 1, 3)


def test_a_filing_the_server_never_gives_is_retried_and_in_the_end_does_not_hold_up_its_day(tmp_path: Path) -> None:
    listed = [Listed(accession) for accession in accessions(6)]
    broken = listed[2].accession_number
    with serve(write_mirror(tmp_path / "mirror", {DAY: listed})) as server:
        settings = settings_for(server, tmp_path)
        server.set_manners(rules=[{"match": broken, "action": "503", "times": 1000}])
        with pytest.raises(FetchError, match=broken):
            steps.fetch_and_parse(DAY, settings, patience=QUICK)
        assert steps.fetch_and_parse(DAY, settings, patience=QUICK, is_last_try=True) == [DAY.isoformat()]
        assert landing.landed_accessions(DAY, settings) == {filing.accession_number for filing in listed} - {broken}
        # The next night's look-back, or any later run, brings what was missing and nothing else.
        server.set_manners(rules=[])
        server.reset_stats()
        steps.fetch_and_parse(DAY, settings, patience=QUICK)
        assert broken in landing.landed_accessions(DAY, settings)
        assert server.stats()["by_kind"]["filing"] == 1
