"""Say by exit status whether one of Airflow's API servers answers: a container's health check."""

from __future__ import annotations

import sys

import click
import requests

PUBLIC_HEALTH = "/api/v2/monitor/health"
TASK_HEALTH = "/execution/health"


def is_healthy(url: str, *, patience: float = 5.0) -> bool:
    """Whether a health page answers and says so, of the metadata database where it speaks of one.

    Args:
        url: Address of ``PUBLIC_HEALTH`` or ``TASK_HEALTH`` on an API server.
        patience: Seconds to wait for an answer.
    """
    session = requests.Session()
    # Proxy variables must not carry a request to loopback elsewhere.
    session.trust_env = False
    try:
        answer = session.get(url, timeout=patience)
        answer.raise_for_status()
        said = answer.json()
    except (requests.RequestException, ValueError):
        return False
    return bool(said.get("metadatabase", said).get("status") == "healthy")


@click.command()
@click.argument("url", default=f"http://127.0.0.1:8080{PUBLIC_HEALTH}")
def main(url: str) -> None:
    """Exit 0 when the health page at URL says that all is well, else 1."""
    sys.exit(0 if is_healthy(url) else f"{url} is not healthy")


if __name__ == "__main__":
    main()
