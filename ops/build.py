"""Load what is landed, build the marts, let the gates judge both and publish: ``make build``, without Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console

from ops import steps
from warehouse.errors import InsiderTiersError
from warehouse.settings import load_settings

if TYPE_CHECKING:
    from warehouse.settings import Settings


def build_marts_and_publish(settings: Settings, console: Console) -> None:
    """Everything after loading: dbt, the gate over the marts, the published copy, and giving back disk.

    Raises:
        InsiderTiersError: A step failed; what was published before is untouched.
    """
    console.rule("dbt build")
    steps.dbt_build(settings, on_line=lambda line: console.print(line, markup=False, soft_wrap=True))
    console.rule("quality gate")
    gate = steps.check_marts(settings)
    console.print(
        f"passed: {len(gate.outcomes)} expectations, {len(gate.warnings)} warnings; {gate.data_docs}", soft_wrap=True
    )
    console.rule("publish")
    steps.publish(settings)
    steps.tidy(settings)
    console.print(f"Published: {settings.published_path}", soft_wrap=True)


@click.command()
@click.option("--load-only", is_flag=True, help="Stop when the raw tables are loaded.")
def main(load_only: bool) -> None:
    """Load, run dbt and the quality gates, and publish; exit 1 with the reason when one of them fails."""
    console = Console(highlight=False)
    settings = load_settings()
    try:
        console.rule("load what is landed")
        loaded = steps.load_landed(settings)
        new = [result for result in loaded if not result.is_skipped]
        console.print(
            f"{len(loaded)} partitions (quarters, filing days, issuers, prices) are loaded, {len(new)} of them now"
        )
        if not load_only:
            build_marts_and_publish(settings, console)
            if frozen := steps.freeze_due_tiers(settings):
                steps.write_tier_report(frozen.quarter, settings)
            steps.make_pages(settings)
    except InsiderTiersError as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from error


if __name__ == "__main__":
    main()
