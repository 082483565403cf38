"""The house rules as tests: what a reviewer would otherwise have to remember."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PACKAGES = ("dags", "extract", "ops", "quality", "reports", "simulator", "warehouse")


def tracked_files() -> list[Path]:
    """Every file a commit would hold: tracked, or new and not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [path for name in listing.split("\0") if name and (path := REPOSITORY / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def test_imports_point_one_way() -> None:
    layers = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert layers.returncode == 0, layers.stdout + layers.stderr


def test_only_one_module_of_extract_opens_sockets() -> None:
    openers = {
        path.name
        for path in (REPOSITORY / "extract").glob("*.py")
        if re.search(r"^\s*(import|from) (requests|urllib3|urllib\.request|http\.client|socket)\b", text_of(path), re.M)
    }
    assert openers == {"http.py"}


def test_every_setting_is_in_the_example_file_and_the_other_way_round() -> None:
    settings = text_of(REPOSITORY / "warehouse/settings.py")
    read = set(re.findall(r'\btext\(\s*"([A-Z_]+)"', settings))
    listed = set(re.findall(r"^#? ?([A-Z_]+)=", text_of(REPOSITORY / ".env.example"), re.M))
    assert "DATA_DIR" in read
    assert read <= listed, f"not in .env.example: {sorted(read - listed)}"


def test_settings_are_read_from_the_environment_in_one_file_only() -> None:
    ours = re.compile(r"(?:environ(?:\.get)?|getenv)[\[(]\s*[\"'](SEC_|DATA_DIR|LOOK_BACK|DAILY_START)")
    readers = {
        str(path.relative_to(REPOSITORY))
        for package in ("extract", "quality", "reports", "warehouse")
        for path in (REPOSITORY / package).rglob("*.py")
        if ours.search(text_of(path))
    }
    assert readers <= {"warehouse/settings.py"}


def functions_that_test(path: Path) -> list[ast.FunctionDef]:
    return [
        node
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def can_fail(function: ast.FunctionDef) -> bool:
    """Whether the test asserts, expects an error, or calls a helper that says in its name that it does."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in {"raises", "fail"} or name.startswith(("assert_", "check_", "expect_")):
                return True
    return False


def test_every_test_can_fail() -> None:
    files = (REPOSITORY / "tests").rglob("test_*.py")
    tests = [(path, function) for path in files for function in functions_that_test(path)]
    assert len(tests) > 50
    assert [f"{path.name}::{function.name}" for path, function in tests if not can_fail(function)] == []


def test_no_mocks() -> None:
    mock = re.compile(r"^\s*(from|import) (unittest\.mock|mock|responses|requests_mock|pytest_mock)\b", re.M)
    users = [path.name for path in (REPOSITORY / "tests").rglob("*.py") if mock.search(text_of(path))]
    assert users == []


# Assembled from parts, so that this file does not name what it forbids.
FORBIDDEN = re.compile(
    r"(py"
    r"pi\.org|pythonhos"
    r"ted|npm"
    r"js\.(?:org|com)|deb"
    r"ian\.org)|(?:^|[^A-Za-z0-9_.])/(?:wo"
    r"rk|ro"
    r"ot|ho"
    r"me)/[a-z]",
    re.M,
)


def test_no_registry_host_and_no_path_of_one_machine_is_named() -> None:
    named = [
        f"{path.relative_to(REPOSITORY)}: {match.group(0).strip()}"
        for path in tracked_files()
        if path.stat().st_size < 2_000_000 and (match := FORBIDDEN.search(text_of(path)))
    ]
    assert named == []


def test_every_link_in_the_docs_resolves() -> None:
    links = [
        (page, target)
        for page in tracked_files()
        if page.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(page))
        if not re.match(r"[a-z]+:", target)
    ]
    assert len(links) > 5
    assert [(str(page), target) for page, target in links if not (page.parent / target).exists()] == []


def test_the_readme_has_one_line_for_every_folder() -> None:
    folders = {
        path.relative_to(REPOSITORY).parts[0]
        for path in tracked_files()
        if len(path.relative_to(REPOSITORY).parts) > 1 and not path.relative_to(REPOSITORY).parts[0].startswith(".")
    }
    described = set(re.findall(r"^\| `([a-z_]+)/` \|", text_of(REPOSITORY / "README.md"), re.M))
    assert described == folders


def test_make_without_a_target_lists_every_target() -> None:
    makefile = text_of(REPOSITORY / "Makefile")
    phony = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.M)[0].split())
    listing = subprocess.check_output(["make", "--no-print-directory"], cwd=REPOSITORY, text=True)
    assert {line.split()[1] for line in listing.splitlines()} == phony


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_what_it_answers(package: str) -> None:
    assert ast.get_docstring(ast.parse(text_of(REPOSITORY / package / "__init__.py")))


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (REPOSITORY / "docs/decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_lock_files_are_hashed_and_name_no_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lock = text_of(REPOSITORY / name)
        entries = re.findall(r"^[A-Za-z0-9_.-]+(?:\[[^\]]*\])?==[^\\\n]*(\\?)$", lock, re.M)
        assert len(entries) > 100
        assert all(entries), f"{name} has an entry without hashes"
        assert "index-url" not in lock
        assert "dbt-core==1.11" in lock
