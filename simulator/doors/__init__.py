"""The ways in: over a network, into the same application without one, and the fake for tests."""
