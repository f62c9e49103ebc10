"""Typed query functions: what the server says of each named query, written as Python."""
