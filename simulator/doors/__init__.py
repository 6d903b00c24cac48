"""The two ways in: over a network, and into the same application without one."""
