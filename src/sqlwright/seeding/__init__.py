"""Puts rows into a migrated database: those that a developer starts with, or many made-up ones.

The project's hooks know which. A `seed` hook takes a connection and a keyring, makes the rows that
are not there yet, and returns how many by table: `{"shop.items": 3}`. A `fill` hook takes nothing
and returns the path of a file of queries in the folder of its schema, or of a folder of such files.
Each of these queries is named after the table that it fills, with rows from `generate_series`; it
may ask for `rows`, `password_hash` and `ciphertext`.
"""

from sqlwright.seeding.fill import fill_what_fits, filling
from sqlwright.seeding.rows import count_rows, hosts_away, refill, seed

__all__ = ["count_rows", "fill_what_fits", "filling", "hosts_away", "refill", "seed"]
