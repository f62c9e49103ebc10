"""Runs a project's named query with values that are text, as a person gives them."""

from sqlwright.operations.run.forms import csv_line, json_line
from sqlwright.operations.run.loading import Rows
from sqlwright.operations.run.named import Named, find_named, read_values
from sqlwright.operations.run.running import Ran, running

__all__ = [
    "Named",
    "Ran",
    "Rows",
    "csv_line",
    "find_named",
    "json_line",
    "read_values",
    "running",
]
