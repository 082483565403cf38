"""The environment given to Airflow holds options Airflow knows, and no secret twice."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from ops.airflow.config import Secrets, common_options, local_environment, with_connections
from ops.airflow.init import prefer_write_ahead_log, write_password

COMPOSE = Path(__file__).resolve().parents[2] / "docker-compose.yml"


def known_options() -> set[str]:
    """Every option of the installed Airflow as an environment variable."""
    airflow = find_spec("airflow")
    assert airflow
    assert airflow.submodule_search_locations
    listing = Path(airflow.submodule_search_locations[0]) / "config_templates" / "config.yml"
    sections = yaml.safe_load(listing.read_text())
    return {
        f"AIRFLOW__{section.upper()}__{option.upper()}"
        for section, described in sections.items()
        for option in described["options"]
    }


def compose_environment() -> dict[str, str]:
    return dict(yaml.safe_load(COMPOSE.read_text())["services"]["scheduler"]["environment"])


def test_every_option_is_one_the_installed_airflow_knows() -> None:
    local = local_environment(Path("unused"), port=1, task_port=2, shared=Secrets.generate(), environment={})
    ours = {name for name in {**local, **compose_environment()} if name.startswith("AIRFLOW__")}
    assert len(ours) > 15
    # Telemetry's section is added by Airflow itself and not in its listing.
    assert ours - known_options() <= {"AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"}


def test_containers_and_this_machine_share_the_common_options() -> None:
    assert common_options().items() <= compose_environment().items()


def test_local_airflow_listens_on_loopback_only() -> None:
    local = local_environment(Path("unused"), port=4711, task_port=4712, shared=Secrets.generate(), environment={})
    assert local["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert local["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].startswith("http://127.0.0.1:4712/")


def test_connections_come_from_the_file_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("AIRFLOW_CONN_SMTP_DEFAULT=smtp://a\nAIRFLOW_CONN_OTHER=\nSEC_CONTACT=J j@example.com\n")
    assert with_connections({"HOME": "h"}, file) == {"HOME": "h", "AIRFLOW_CONN_SMTP_DEFAULT": "smtp://a"}
    assert with_connections({"AIRFLOW_CONN_SMTP_DEFAULT": "smtp://b"}, file) == {
        "AIRFLOW_CONN_SMTP_DEFAULT": "smtp://b"
    }
    assert with_connections({}, tmp_path / "missing") == {}


def test_what_the_user_set_stays_and_ours_wins() -> None:
    shared = Secrets.generate()
    begin = {"SEC_CONTACT": "Jane Doe jane@example.com", "AIRFLOW__CORE__LOAD_EXAMPLES": "true"}
    local = local_environment(Path("unused"), port=1, task_port=2, shared=shared, environment=begin)
    assert local["SEC_CONTACT"] == begin["SEC_CONTACT"]
    assert local["AIRFLOW__CORE__LOAD_EXAMPLES"] == "false"


def test_secrets_differ_from_each_other_and_from_start_to_start() -> None:
    one, two = Secrets.generate(), Secrets.generate()
    assert len({*vars(one).values(), *vars(two).values()}) == 6


def test_the_password_is_generated_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    assert write_password(path, None)
    before = path.read_text()
    assert "admin" in before
    assert '"admin": "admin"' not in before
    assert not write_password(path, None)
    assert path.read_text() == before
    assert path.stat().st_mode & 0o077 == 0


def test_a_given_password_replaces_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    write_password(path, None)
    assert write_password(path, "from-the-env-file")
    assert path.read_text() == '{"admin": "from-the-env-file"}\n'
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("address", ["sqlite:///{path}", "sqlite:////{path}"])
def test_sqlite_lets_readers_go_on_while_one_writes(tmp_path: Path, address: str) -> None:
    path = tmp_path / "airflow.db"
    prefer_write_ahead_log(address.format(path=str(path).removeprefix("/") if "////" in address else path))
    with sqlite3.connect(path) as database:
        assert database.execute("pragma journal_mode").fetchone() == ("wal",)
    database.close()


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    prefer_write_ahead_log("postgresql+psycopg2://airflow:secret@postgres:5432/airflow")
    assert list(tmp_path.iterdir()) == []


def test_a_savepoint_waits_for_the_writer_instead_of_failing(tmp_path: Path) -> None:
    from sqlalchemy import create_engine, text

    from ops.airflow import sqlite

    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}", connect_args=sqlite.CONNECT_ARGS)
    prefer_write_ahead_log(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.begin() as connection:
        connection.execute(text("create table numbers (number integer)"))
    with engine.connect() as first, engine.connect() as second:
        with first.begin_nested():
            assert first.execute(text("select count(*) from numbers")).scalar() == 0
            # Without the lock at the savepoint this write of another would come between and spoil the next one.
            second.connection.execute("pragma busy_timeout = 50")
            with pytest.raises(Exception, match="database is locked"):
                second.execute(text("insert into numbers values (2)"))
            first.execute(text("insert into numbers values (1)"))
        first.commit()
    with engine.connect() as connection:
        assert connection.execute(text("select number from numbers")).scalars().all() == [1]
    engine.dispose()


def test_airflow_does_not_start_for_the_sec_without_a_contact(tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "ops.airflow.local"],
        env=os.environ | {"DATA_DIR": str(tmp_path / "data"), "SEC_CONTACT": "", "SEC_WWW_URL": "https://www.sec.gov"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "SEC_CONTACT" in refused.stderr
    assert not (tmp_path / "data").exists()
