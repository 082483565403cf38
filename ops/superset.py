"""Pack the shipped Superset dashboard into a zip to import, with the path of your published file in it.

``python -m ops.superset dashboard.zip`` takes the published file of ``DATA_DIR``; ``--published`` names another path,
as the machine that runs Superset sees it.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path, PurePath

import click

from ops.checkout import ROOT
from warehouse.settings import load_settings

FOLDER = ROOT / "docs" / "bi" / "superset"
# Stands in the shipped database file; four slashes begin an absolute path.
PLACEHOLDER = "duckdb:////path/to/published/insider_tiers.duckdb"


def bundle(published: PurePath) -> bytes:
    """The zip: one folder with the YAML files of the dashboard, its charts, tables and database.

    Args:
        published: Absolute path of the published file where Superset runs.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(FOLDER.rglob("*.yaml")):
            text = path.read_text(encoding="utf-8").replace(PLACEHOLDER, f"duckdb:///{published}")
            archive.writestr(str(PurePath("insider_tiers") / path.relative_to(FOLDER)), text)
    return packed.getvalue()


@click.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--published", help="Path of the published file on the machine that runs Superset.")
def main(target: Path, published: str | None) -> None:
    """Write the dashboard as a zip that Superset imports."""
    path = PurePath(published) if published else load_settings().published_path.absolute()
    if not path.is_absolute():
        raise click.BadParameter(
            f"{path} is not absolute: Superset resolves it from its own folder", param_hint="published"
        )
    target.write_bytes(bundle(path))
    click.echo(f"{target}: in Superset, Dashboards, Import dashboard. It reads {path}.")


if __name__ == "__main__":
    main()
