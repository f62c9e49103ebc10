"""The five databases that sqlwright was made for: migrations, queries and functions."""
