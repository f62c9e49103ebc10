"""How the toolkit reaches domain code: by functions that settings name, and what they give.

A hook that describes something, as `cleanup` and `rotate` do, gives values of the types in
`sqlwright.hooks.retention` and `sqlwright.hooks.rotation`.
"""

from sqlwright.hooks.loading import load_hooks

__all__ = ["load_hooks"]
