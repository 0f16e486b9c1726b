"""Workbooks of tables by force: a description each, and what reads them all."""
