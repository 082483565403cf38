"""When things run, and in what order: one thin file per DAG, what they share in ``common``."""
