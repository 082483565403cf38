"""The tasks of the quarterly report's DAG: mail by Airflow's notifier to a real server, and what is not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ops import steps
from tests.mailbox import Mailbox, attachments, open_mailbox
from tests.reports.report_marts import whole_quarter, write_published

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warehouse.settings import Settings


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server on loopback that Airflow's mail connection points at."""
    with open_mailbox() as opened:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", opened.connection)
        yield opened


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return write_published(tmp_path, whole_quarter())


@pytest.fixture
def dag(dags_folder: Path) -> Any:
    from tests.dags.test_dags import read

    return read(dags_folder, "tier_report_quarterly.py").dags["tier_report_quarterly"]


def rendered(dag: Any) -> str:
    folder = dag.get_task("render_report").python_callable(params={"quarter": ""})
    assert isinstance(folder, str)
    return folder


def test_the_report_is_mailed_with_paper_and_workbook(
    dag: Any, settings: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORT_MAIL_TO", "one@example.com, two@example.com")
    folder = rendered(dag)
    assert folder == str(settings.reports_dir / "2025q4")
    dag.get_task("deliver_report").python_callable(folder, dag=dag)
    (message,) = mailbox.messages
    assert message["Subject"] == "Sector tiers, 2025 Q4 (simulated data)"
    assert (message["From"], message["To"]) == ("reports@example.com", "one@example.com, two@example.com")
    body = message.get_body(("html",))
    assert body is not None
    assert "insiders favour Energy, Health Care and Utilities" in body.get_content()
    assert "no real company" in body.get_content()
    for name in ("tier_report.pdf", "tables.xlsx"):
        assert attachments(message)[name] == (settings.reports_dir / "2025q4" / name).read_bytes()


def test_a_failed_delivery_is_an_error_and_loses_nothing(
    dag: Any, settings: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = rendered(dag)
    before = {path.name: path.read_bytes() for path in (settings.reports_dir / "2025q4").iterdir()}
    monkeypatch.setenv("REPORT_MAIL_TO", "nobody@example.com")
    deliver = dag.get_task("deliver_report").python_callable
    with pytest.raises(Exception, match="no such mailbox"):
        deliver(folder, dag=dag)
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
    with pytest.raises(Exception, match=r"(?i)smtp"):
        deliver(folder, dag=dag)
    assert mailbox.messages == []
    assert {path.name: path.read_bytes() for path in (settings.reports_dir / "2025q4").iterdir()} == before
    # Once the address is right the very same report goes out.
    assert dag.get_task("deliver_report").retries >= 3


def test_without_an_address_nothing_is_sent_and_the_run_says_how(
    dag: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    monkeypatch.setenv("REPORT_MAIL_TO", "")
    folder = rendered(dag)
    with pytest.raises(AirflowSkipException, match="REPORT_MAIL_TO is empty"):
        dag.get_task("deliver_report").python_callable(folder, dag=dag)
    assert (settings.reports_dir / "2025q4" / "tier_report.pdf").is_file()


def test_a_damaged_folder_is_not_mailed(dag: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from warehouse.errors import ReportError

    monkeypatch.setenv("REPORT_MAIL_TO", "one@example.com")
    folder = rendered(dag)
    (settings.reports_dir / "2025q4" / "tier_report.pdf").unlink()
    with pytest.raises(ReportError, match=r"lacks tier_report\.pdf"):
        steps.mail_of_tier_report(folder)


def test_nothing_is_announced_while_no_quarter_is_due(settings: Settings) -> None:
    """The announcement of a due quarter is seen by the demo's end-to-end test, in a running Airflow."""
    from dags.common import announce_complete_quarter

    assert steps.due_quarter(settings) is None
    announced: dict[Any, Any] = {}
    announce_complete_quarter(announced)
    assert announced == {}
