"""The DuckDB file: settings, raw tables, the one writer, publishing."""
