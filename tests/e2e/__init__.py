"""End to end: real Airflow, real dbt, real gates, the simulator as a real server."""
