"""Airflow on one machine: its configuration, starting and stopping it, asking it, and whether it is well."""
