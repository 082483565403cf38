"""The tiers by the names the marts give them, and the mark each carries wherever it is shown."""

from __future__ import annotations

OVERWEIGHT, NEUTRAL, UNDERWEIGHT, NO_HISTORY = "Overweight", "Neutral", "Underweight", "Insufficient history"
TIERS = (OVERWEIGHT, NEUTRAL, UNDERWEIGHT, NO_HISTORY)
# Shape and word carry the meaning, colour only repeats it.
TIER_MARKS = dict(zip(TIERS, "▲●▼○", strict=True))
