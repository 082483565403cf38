"""The demo: a simulated EDGAR, a real Airflow and the whole pipeline, with its progress on one board."""
