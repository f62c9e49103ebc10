"""Running it: backup, restore and rehearsal, health, metrics, retention, more than one machine."""
