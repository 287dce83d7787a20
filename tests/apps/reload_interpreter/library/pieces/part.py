"""A module of a package."""

version = 1
