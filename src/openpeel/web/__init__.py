"""The Django project: the workbench, signing in, and what they run on."""
