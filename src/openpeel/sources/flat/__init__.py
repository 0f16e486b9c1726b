"""Plain CSV tables: a description each, and what reads them all."""
