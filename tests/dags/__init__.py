"""Tests of dags/ and of which filing day a run is for."""
