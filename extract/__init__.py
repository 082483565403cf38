"""How bytes get here (EDGAR indexes, filings, quarterly sets) and how bytes become rows; no meaning is added."""
