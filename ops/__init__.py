"""What the make targets run: the demo, Airflow on this machine, building, measuring."""
