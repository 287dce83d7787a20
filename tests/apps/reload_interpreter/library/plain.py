"""Imported by Python's own means: nothing tells mod_python's importer of it."""

version = 1
