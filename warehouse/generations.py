"""Keeps the generations of the published folder: made aside, swapped in by one rename, never changed again.

    published/insider_tiers.duckdb -> current/insider_tiers.duckdb
    published/parquet              -> current/parquet
    published/manifest.json        -> current/manifest.json
    published/current              -> generations/<stamp>
    published/generations/<stamp>/   one generation: the DuckDB file, parquet/<mart>/*.parquet, the manifest

Only ``current`` ever moves, so a reader finds the three of one generation. A reader that has a file of an older
generation open keeps it; the generation before the current one stays until the next publish, for readers that are just
following the link. Whoever changes the folder holds the writer's lock of the warehouse.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.errors import PublishError
from warehouse.files import sync

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

DATABASE = "insider_tiers.duckdb"
PARQUET = "parquet"
MANIFEST = "manifest.json"

# Counts up when the files of a generation are laid out or written in another way: then none of them is carried over.
LAYOUT = 2

_CURRENT = "current"
_UNFINISHED = ".unfinished"
_SPARE_BYTES = 64 * 1024 * 1024


def remove_leftovers(published: Path) -> None:
    """Remove what a publish that was killed left behind. The caller holds the writer's lock, so nobody is at it."""
    leftovers = [*_generations(published).glob(f"*{_UNFINISHED}"), *published.glob(f".*{_UNFINISHED}")]
    if (published / _CURRENT).is_symlink():
        # Complete but never made current: newer than the current one, whose name is its time.
        current = (published / _CURRENT).readlink().name
        leftovers += [
            path for path in _generations(published).iterdir() if path.name > current and path not in leftovers
        ]
    for leftover in leftovers:
        logger.info("removing %s, left by a publish that was killed", leftover)
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


@contextmanager
def new_generation(published: Path, stamp: str) -> Iterator[Path]:
    """Give an empty folder to fill; at the end everything in it goes to disk and becomes current, or nothing does."""
    unfinished = _generations(published) / f"{stamp}{_UNFINISHED}"
    (unfinished / PARQUET).mkdir(parents=True)
    try:
        yield unfinished
        for folder in (*(unfinished / PARQUET).iterdir(), unfinished / PARQUET, unfinished):
            sync(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    unfinished.rename(_generations(published) / stamp)
    sync(_generations(published))
    _swap(published, stamp)
    _drop_old(published, keep=stamp)


def seal(path: Path) -> dict[str, Any]:
    """Bring a finished file to disk, make it read-only, and return its size and SHA-256.

    Read-only: a reader that forgets to say so would otherwise lock out all the others.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    path.chmod(0o444)
    return {"byte_count": path.stat().st_size, "sha256": sha256}


def read_manifest(published: Path) -> dict[str, Any] | None:
    """The manifest of the current generation; ``None`` when nothing is published."""
    try:
        return dict(json.loads((published / MANIFEST).read_bytes()))
    except FileNotFoundError:
        return None


def intact_manifest(published: Path) -> dict[str, Any] | None:
    """The current manifest, if every file it names is there with the bytes it was published with."""
    try:
        manifest = read_manifest(published)
        if manifest is None:
            return None
        if manifest.get("layout") != LAYOUT:
            logger.info("%s has the layout of another version of the code; publishing anew", published)
            return None
        sealed = {published / DATABASE: manifest["duckdb"]} | {
            published / PARQUET / name / file: entry
            for name, mart in manifest["marts"].items()
            for file, entry in mart["parquet"].items()
        }
        for path, entry in sealed.items():
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != entry["sha256"]:
                    logger.warning("%s is not the file that was published; publishing again", path)
                    return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("what is published is not whole (%s); publishing again", error)
        return None
    return manifest


def check_room(published: Path, first_guess_bytes: int) -> None:
    """Refuse early when the disk cannot hold another generation.

    Args:
        published: The published folder.
        first_guess_bytes: Size to expect when there is no generation yet to go by.

    Raises:
        PublishError: Less room than the current generation takes and a quarter more.
    """
    current = published / _CURRENT
    needed = size_of(current) * 5 // 4 if current.exists() else first_guess_bytes
    needed += _SPARE_BYTES
    free = shutil.disk_usage(published).free
    if free < needed:
        raise PublishError(
            f"{published} needs about {needed / 1e6:,.0f} MB for a new copy and has {free / 1e6:,.0f} MB free. "
            "Make room on that disk, or move the data directory (docs/runbooks/moving_the_data_directory.md)."
        )


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder, one that has several names counted once; 0 when there is none."""
    found = [path.stat() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sum({(entry.st_dev, entry.st_ino): entry.st_size for entry in found}.values())


def _generations(published: Path) -> Path:
    return published / "generations"


def _swap(published: Path, stamp: str) -> None:
    """Point ``current`` to a generation by one rename; the links through it are made once."""
    for name in (DATABASE, PARQUET, MANIFEST):
        if not (published / name).is_symlink():
            _replace_by_link(published / name, Path(_CURRENT) / name)
    _replace_by_link(published / _CURRENT, Path("generations") / stamp)
    sync(published)


def _replace_by_link(link: Path, target: Path) -> None:
    # A data folder copied without its links has plain files and folders here, older than what follows.
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    unfinished = link.with_name(f".{link.name}{_UNFINISHED}")
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(target)
    unfinished.replace(link)


def _drop_old(published: Path, *, keep: str) -> None:
    """Keep the current generation and the one before it."""
    others = sorted(path for path in _generations(published).iterdir() if path.name != keep)
    for old in others[:-1]:
        shutil.rmtree(old)
