"""The terminal front door, one file per group of verbs."""
