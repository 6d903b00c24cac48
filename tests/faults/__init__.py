"""Faults: real processes, a real database, a real kill."""
