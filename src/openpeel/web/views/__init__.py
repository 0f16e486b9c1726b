"""The workbench's pages, one noun a file."""
