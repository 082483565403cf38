"""Settings: every one listed with its default and its meaning, bad values refused by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from tests.conftest import REPOSITORY
from warehouse.errors import SettingsError
from warehouse.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = REPOSITORY / ".env.example"


class Recorder(Mapping[str, str]):
    """An empty environment that remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def listed() -> dict[str, str]:
    """Name to value of every line of the example file that sets something."""
    return dict(re.findall(r"^([A-Z_0-9]+)=(.*)$", EXAMPLE.read_text(), re.M))


def test_every_setting_is_listed_and_every_listed_name_is_a_setting() -> None:
    recorder = Recorder()
    load_settings(recorder)
    assert recorder.asked <= set(listed())
    assert len(recorder.asked) == len(fields(Settings))


def test_the_listed_values_are_the_defaults() -> None:
    assert load_settings(listed()) == load_settings({})


def test_every_listed_setting_has_a_comment_of_its_own() -> None:
    paragraphs = [text for text in EXAMPLE.read_text().strip().split("\n\n") if not text.startswith("# ──")]
    for paragraph in paragraphs[1:]:
        lines = paragraph.splitlines()
        assert lines[0].startswith("# "), paragraph
        assert re.fullmatch(r"[A-Z_0-9]+=.*", lines[-1]), paragraph
    assert len(paragraphs) - 1 == len(listed())


def test_values_are_read(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "DATA_DIR": str(tmp_path),
            "DUCKDB_MEMORY_LIMIT": "1.5 GiB",
            "DUCKDB_THREADS": "3",
            "WAREHOUSE_WAIT_SECONDS": "0",
        }
    )
    assert settings.warehouse_path == tmp_path / "warehouse.duckdb"
    assert (settings.duckdb_memory_limit, settings.duckdb_threads, settings.warehouse_wait_seconds) == ("1.5 GiB", 3, 0)


def test_keys_are_read_and_never_shown(tmp_path: Path) -> None:
    settings = load_settings({"PRICE_SOURCE": "Tiingo", "TIINGO_TOKEN": "secret-1", "STOOQ_API_KEY": "secret-2"})
    assert (settings.price_source, settings.tiingo_token, settings.stooq_api_key) == ("tiingo", "secret-1", "secret-2")
    assert "secret" not in repr(settings)
    files = load_settings({"PRICE_SOURCE": "files", "PRICE_FILES_DIR": str(tmp_path)})
    assert files.price_files_dir == tmp_path
    with pytest.raises(SettingsError, match="PRICE_FILES_DIR"):
        load_settings({"PRICE_SOURCE": "files"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRICE_SOURCE", "yahoo"),
        ("PRICE_MAX_REQUESTS_PER_SECOND", "0"),
        ("TIINGO_URL", "api.tiingo.com"),
        ("DUCKDB_MEMORY_LIMIT", "6"),
        ("DUCKDB_MEMORY_LIMIT", "6GB'; drop table x"),
        ("DUCKDB_THREADS", "-1"),
        ("DUCKDB_THREADS", "1.5"),
        ("DUCKDB_THREADS", "many"),
        ("WAREHOUSE_WAIT_SECONDS", "-1"),
        ("WAREHOUSE_WAIT_SECONDS", "inf"),
        ("WAREHOUSE_WAIT_SECONDS", "nan"),
        ("SEC_MAX_REQUESTS_PER_SECOND", "10.5"),
        ("LOOK_BACK_DAYS", "2.5"),
        ("DAILY_START_DATE", "1.7.2024"),
        ("SEC_WWW_URL", "www.sec.gov"),
        ("REPORT_MAIL_TO", "one@example.com; two@example.com"),
        ("REPORT_MAIL_FROM", "the desk"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({name: value})


def test_a_report_goes_to_every_listed_address() -> None:
    settings = load_settings(
        {"REPORT_MAIL_TO": " one@example.com ,two@example.com,", "REPORT_MAIL_FROM": "r@example.com"}
    )
    assert settings.report_mail_to == ("one@example.com", "two@example.com")
    assert settings.report_mail_from == "r@example.com"
    assert load_settings({}).report_mail_to == ()


def test_the_sec_is_not_asked_without_a_contact() -> None:
    with pytest.raises(SettingsError, match="SEC_CONTACT"):
        _ = load_settings({}).user_agent
    assert load_settings({"SEC_CONTACT": "Jane Doe jane@example.com"}).user_agent == "Jane Doe jane@example.com"
