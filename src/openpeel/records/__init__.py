"""Records: inspections, evidence, judgments and findings while people work on them.

A Django app. What is published leaves it for the lake; nothing else does. Import the parts that are
needed: Django has to be set up first (`openpeel.web.starting`).
"""
