"""Tests of the warehouse: loading, publishing, compaction, the command line."""
