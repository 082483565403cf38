"""What makes SQLite a dependable metadata database for Airflow's few processes on one machine.

Airflow imports this module in every process, through ``[database] sql_alchemy_connect_args``.

SQLite lets one connection write at a time, and the others wait. It does not wait, but fails with "database is locked",
when a transaction that began by reading wants to write after somebody else has written. Python's driver opens such
transactions for savepoints only, and Airflow uses savepoints where it is about to write (creating the runs of a
backfill, for one). So a savepoint outside a transaction takes the write lock first, waiting for it.
See https://www.sqlite.org/isolation.html and https://www.sqlite.org/c3ref/busy_timeout.html.
"""

from __future__ import annotations

from sqlite3 import Connection as SqliteConnection
from typing import TYPE_CHECKING

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Seconds a connection waits for the one that writes.
CONNECT_ARGS = {"timeout": 30}


@event.listens_for(Engine, "savepoint")
def take_the_write_lock_first(connection: Connection, name: str) -> None:  # noqa: ARG001 - the event's signature
    """Begin a writing transaction where the savepoint would begin a reading one."""
    driver: object = connection.connection.dbapi_connection
    if isinstance(driver, SqliteConnection) and not driver.in_transaction:
        driver.execute("begin immediate")
