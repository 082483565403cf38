"""Build the marts of the current DATA_DIR, let the gate judge them and publish: ``make build``, without Airflow."""

from __future__ import annotations

import click
from rich.console import Console

from ops import steps
from warehouse.errors import InsiderTiersError
from warehouse.settings import load_settings


@click.command()
def main() -> None:
    """Run dbt, the quality gate over the marts, and publish; exit 1 with the reason when one of them fails."""
    console = Console(highlight=False)
    settings = load_settings()
    try:
        console.rule("dbt build")
        steps.dbt_build(settings, on_line=lambda line: console.print(line, markup=False))
        console.rule("quality gate")
        gate = steps.check_marts(settings)
        console.print(f"passed: {len(gate.outcomes)} expectations, {len(gate.warnings)} warnings; {gate.data_docs}")
        console.rule("publish")
        steps.publish(settings)
    except InsiderTiersError as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from error
    console.print(f"Published: {settings.published_path}")


if __name__ == "__main__":
    main()
