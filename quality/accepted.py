"""Reads the accepted exceptions: failures a person looked at and let through, in ``accepted.csv`` beside this file.

One row lowers one expectation to a warning for one partition. The failure stays in every report, with the reason.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

ACCEPTED_PATH = Path(__file__).with_name("accepted.csv")


@dataclass(frozen=True)
class Accepted:
    """One accepted exception.

    Attributes:
        gate: Name of the gate.
        partition: Filing day, quarter or as-of date it holds for.
        expectation: Name of the expectation.
        reason: Why the failure is right as it is, with the evidence.
    """

    gate: str
    partition: str
    expectation: str
    reason: str


def read_accepted() -> list[Accepted]:
    """Every accepted exception, in file order."""
    with ACCEPTED_PATH.open(encoding="utf-8", newline="") as file:
        return [Accepted(**row) for row in csv.DictReader(file)]


def accepted_exceptions(gate: str, partition: str) -> dict[str, Accepted]:
    """The exceptions accepted for one gate and partition, by expectation name."""
    return {row.expectation: row for row in read_accepted() if row.gate == gate and row.partition == partition}
