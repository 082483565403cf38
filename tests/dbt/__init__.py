"""The dbt project, tested as a whole: its conventions, the golden days and the answer key."""
