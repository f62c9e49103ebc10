"""A service of the retouching app, twice: on asyncio and on threads."""
