"""Rehearses a restore, and ends in evidence."""

from sqlwright.operations.rehearse.evidence import Check, Rehearsal, as_document, as_markdown
from sqlwright.operations.rehearse.rehearsing import rehearse

__all__ = ["Check", "Rehearsal", "as_document", "as_markdown", "rehearse"]
