"""Let Ctrl-C and other signals interrupt a long SQLite statement.

Python runs signal handlers only between its own instructions, and an SQLite statement may take minutes. So SQLite calls
a Python function at regular intervals, and signal handlers run during this function. If a handler raises an exception,
the statement ends with a `sqlite3.Error` and the exception is lost. So every `except sqlite3.Error` block calls
`raise_if_interrupted`.
"""

from __future__ import annotations

import sqlite3

_STEPS_BETWEEN_SIGNALS = 500_000
"""The number of SQLite virtual machine instructions between two calls of Python: some hundredths of a second."""


def enable_interrupts(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Let signal handlers run during the statements of a connection, and return the connection."""
    connection.set_progress_handler(_continue_statement, _STEPS_BETWEEN_SIGNALS)
    return connection


def raise_if_interrupted(error: BaseException) -> None:
    """Raise KeyboardInterrupt if `error` is the SQLite error of a statement that a signal handler ended."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_INTERRUPT:
        raise KeyboardInterrupt from None


def _continue_statement() -> int:
    return 0
