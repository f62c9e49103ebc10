"""Drafts migrations from what was changed by hand, and proves that they lead there and back."""

from __future__ import annotations

from sqlwright.migrations.draft.draft import Draft, draft, write

__all__ = ["Draft", "draft", "write"]
