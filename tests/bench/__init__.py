"""Measures what one request costs: instructions, requests per second, CPU time."""
