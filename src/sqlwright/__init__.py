"""SQL-first PostgreSQL for Python: you write SQL; sqlwright proves it, then runs it."""

__version__ = "0.1.0"
