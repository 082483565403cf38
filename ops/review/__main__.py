"""Write the review page of the current ``DATA_DIR``: ``python -m ops.review``."""

from __future__ import annotations

import click

from ops.review.page import write_review
from warehouse.errors import InsiderTiersError
from warehouse.settings import load_settings


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--examples", default=6, show_default=True, type=click.IntRange(0, 200), help="Lines for each value.")
@click.option("--road", type=click.Choice(["daily", "quarterly"]), help="Look at the lines of one road only.")
@click.option("--trades-only", is_flag=True, help="Look at code P and S in the non-derivative table only.")
def main(examples: int, road: str | None, trades_only: bool) -> None:
    """Write DATA_DIR/review/index.html: every flag, status and reason with its count and examples to read.

    The page quotes what filers wrote. Build first (make build); DATA_DIR says on which data.
    """
    conditions = [f"road = '{road}'"] if road else []
    conditions += ["direction is not null"] if trades_only else []
    try:
        page = write_review(load_settings(), examples=examples, where=" and ".join(conditions) or "true")
    except InsiderTiersError as error:
        raise click.ClickException(f"{type(error).__name__}: {error}") from error
    click.echo(f"Written: {page}")


if __name__ == "__main__":
    main()
