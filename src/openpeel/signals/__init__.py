"""Signals: control charts and funnels; arrays in, frozen results out, no other room known."""
