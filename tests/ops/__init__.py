"""Tests of ops/ that need no running Airflow."""
