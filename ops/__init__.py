"""What the make targets run: the steps of the pipeline and building, the demo, Airflow on this machine, measuring."""
