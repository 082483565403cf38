"""Run every measurement, one after the other: ``make bench``."""

from __future__ import annotations

from ops.bench import fetch_memory, fetch_rate, parse


def main() -> None:
    """Print the tables; about five minutes on two cores."""
    for measurement in (parse, fetch_rate, fetch_memory):
        measurement.main()


if __name__ == "__main__":
    main()
