"""The rules the repository keeps for itself, as tests: sizes, doors, documents in step with code."""
