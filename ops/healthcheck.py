"""Say by exit status whether an Airflow API server answers and reaches its database: a container's health check."""

from __future__ import annotations

import sys

import click
import requests


@click.command()
@click.argument("url", default="http://127.0.0.1:8080")
def main(url: str) -> None:
    """Exit 0 when the API server at URL is healthy, else 1 with the reason."""
    session = requests.Session()
    session.trust_env = False
    try:
        answer = session.get(f"{url.rstrip('/')}/api/v2/monitor/health", timeout=5)
        answer.raise_for_status()
        status = answer.json()["metadatabase"]["status"]
    except (requests.RequestException, ValueError, KeyError) as error:
        click.echo(f"{url}: {error}", err=True)
        sys.exit(1)
    click.echo(f"metadatabase: {status}")
    sys.exit(0 if status == "healthy" else 1)


if __name__ == "__main__":
    main()
