"""Make the hashed locks from pyproject.toml: ``requirements.lock`` to run, ``requirements-dev.lock`` to run and test.

Needs ``uv`` on the PATH (``pip install uv``); installing from the locks needs only pip.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11", "--generate-hashes"]
# No index address goes into a lock: it must install from wherever the machine's pip is told to look.
FORM = ["--no-header", "--no-emit-index-url", "--no-strip-extras", "--quiet"]
_ENTRY = re.compile(r"^(?P<name>[a-z0-9._-]+)(?P<extras>\[[^\]]+\])(?P<rest>==.*?)(?=^\S|\Z)", re.M | re.S)


def pin_without_extras_too(lock: str) -> str:
    """Repeat each ``name[extra]==…`` entry as ``name==…``.

    pip before 24 holds ``name`` to be unpinned in ``--require-hashes`` mode when only ``name[extra]`` is pinned.
    """
    return _ENTRY.sub(lambda entry: f"{entry['name']}{entry['rest']}{entry[0]}", lock)


def main() -> None:
    """Write both locks; the run lock is held to the versions of the dev lock."""
    for name, options in {
        "requirements-dev.lock": ["--extra", "postgres", "--extra", "dev"],
        "requirements.lock": ["--extra", "postgres", "--constraint", "requirements-dev.lock"],
    }.items():
        path = ROOT / name
        command = [*COMPILE, *FORM, *options, "--output-file", name]
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - fixed words only
        path.write_text(pin_without_extras_too(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
