"""Migrations in yoyo's format: read strictly, and applied so that nothing is ever half done."""
