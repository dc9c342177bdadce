"""Let Ctrl-C and other signals interrupt a long SQLite statement.

Python runs a signal's handler between its own instructions only, and a statement of SQLite may take minutes. So SQLite
is asked to call Python now and then. What the handler raises there ends the statement, and SQLite drops it;
`raise_if_interrupted` makes up for that, and every handler of `sqlite3.Error` calls it.
"""

from __future__ import annotations

import sqlite3

_STEPS_BETWEEN_SIGNALS = 500_000
"""Steps of SQLite, some hundredths of a second, after which Python looks for signals."""


def enable_interrupts(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Let Python look for signals while the statements of a connection run, and return the connection."""
    connection.set_progress_handler(_continue_statement, _STEPS_BETWEEN_SIGNALS)
    return connection


def raise_if_interrupted(error: BaseException) -> None:
    """Raise KeyboardInterrupt if a signal's handler ended a statement."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_INTERRUPT:
        raise KeyboardInterrupt from None


def _continue_statement() -> int:
    return 0
