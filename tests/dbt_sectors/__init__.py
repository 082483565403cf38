"""The sector half of the dbt project against independent computations."""
