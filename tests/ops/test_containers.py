"""docker-compose.yml and Dockerfile: valid, closed by default, and made of commands that run outside a container."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.airflow.config import common_options
from ops.airflow.healthcheck import PUBLIC_HEALTH, TASK_HEALTH
from ops.airflow.local import COMPONENTS
from ops.env import EXAMPLE

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if name != "postgres"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()

COMMANDS = {f"{name}: command": service["command"] for name, service in OURS.items()} | {
    f"{name}: healthcheck": service["healthcheck"]["test"][1:]
    for name, service in OURS.items()
    if "healthcheck" in service
}


def test_the_file_keeps_to_the_compose_schema() -> None:
    checked = subprocess.run(
        [
            Path(sys.executable).with_name("check-jsonschema"),
            "--builtin-schema",
            "vendor.compose-spec",
            str(COMPOSE_FILE),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_schema_check_can_fail(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE_FILE.read_text().replace("healthcheck:", "healthchek:"))
    checked = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(broken)],
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 1


def test_every_part_of_airflow_is_a_service() -> None:
    assert set(SERVICES) == {"postgres", "init", *COMPONENTS}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_exists_and_says_how_it_is_used(name: str) -> None:
    command = COMMANDS[name]
    assert command[:2] == ["python", "-m"]
    options = [word for word in command if word.startswith("--")]
    # What follows the first option is the value of one.
    module_and_subcommands = list(itertools.takewhile(lambda word: not word.startswith(("-", "http")), command[2:]))
    shown = subprocess.run(
        [sys.executable, "-m", *module_and_subcommands, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert [option for option in options if option not in shown.stdout] == []


@pytest.mark.parametrize("component", COMPONENTS)
def test_containers_start_what_the_end_to_end_tests_start(component: str) -> None:
    port = ["8081"] if component == "task-api" else []
    assert SERVICES[component]["command"] == ["python", "-m", "airflow", *COMPONENTS[component], *port]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_or_with_a_floating_version(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[a-z-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", service["image"])
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["user"] == "postgres" if name == "postgres" else "user" not in service
    if name != "init":
        assert "healthcheck" in service


def test_only_loopback_is_opened_by_default() -> None:
    opened = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert opened == {"api-server": ["${AIRFLOW_LISTEN:-127.0.0.1:8080}:8080"]}
    assert "AIRFLOW_LISTEN=127.0.0.1:8080" in EXAMPLE.read_text()


def test_health_checks_ask_where_the_end_to_end_tests_ask() -> None:
    asked = {name: service["healthcheck"]["test"][-1] for name, service in OURS.items() if "ports" in service}
    assert asked == {"api-server": f"http://127.0.0.1:8080{PUBLIC_HEALTH}"}
    assert SERVICES["task-api"]["healthcheck"]["test"][-1] == f"http://127.0.0.1:8081{TASK_HEALTH}"
    tasks_talk_to = OURS["scheduler"]["environment"]["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    assert tasks_talk_to == "http://task-api:8081/execution/"


def test_no_secret_is_written_down() -> None:
    secret = re.compile(r"PASSWORD$|SECRET$|TOKEN$|_KEY$|SQL_ALCHEMY_CONN$")
    given = {
        (name, variable): value
        for name, service in SERVICES.items()
        for variable, value in service.get("environment", {}).items()
        if secret.search(variable)
    }
    assert len(given) > 5
    # Asked for, or optional and empty.
    assert {key for key, value in given.items() if ":?" not in value and not value.endswith(":-}")} == set()


def test_every_variable_compose_asks_for_is_in_the_example_file() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_FILE.read_text()))
    listed = set(re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text(), re.M))
    assert asked <= listed
    # And every setting of ours reaches the containers.
    inside = set(OURS["scheduler"]["environment"])
    settings = {name for name in listed if not name.startswith(("AIRFLOW_", "POSTGRES_"))}
    assert settings <= inside


def test_data_and_metadata_are_on_named_volumes() -> None:
    assert set(COMPOSE["volumes"]) == {"data", "metadata"}
    data_dir = OURS["scheduler"]["environment"]["DATA_DIR"]
    assert all(service["volumes"] == [f"data:{data_dir}"] for service in OURS.values())
    assert f'VOLUME ["{data_dir}"]' in DOCKERFILE


def test_the_image_installs_the_lock_by_hash_and_runs_without_root() -> None:
    assert re.search(r"^FROM python:\d+\.\d+\.\d+-slim-[a-z]+$", DOCKERFILE, re.M)
    assert "--require-hashes" in DOCKERFILE
    assert "-r requirements.lock" in DOCKERFILE
    assert DOCKERFILE.rindex("USER insider") > DOCKERFILE.rindex("RUN ")


def test_the_image_holds_every_package_and_the_build_sees_nothing_else() -> None:
    copied = set(re.findall(r"^COPY (\w+)/ \w+/$", DOCKERFILE, re.M))
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert copied == packages | {"dbt_project"}
    let_in = {line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert let_in == copied | {"requirements.lock", "pyproject.toml"}


def test_telemetry_is_off_in_every_container() -> None:
    assert all(common_options().items() <= service["environment"].items() for service in OURS.values())
