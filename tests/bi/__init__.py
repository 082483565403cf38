"""Tests of what readers connect with."""
