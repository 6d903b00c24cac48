"""The HTTP interface, tested from outside: what a client sends and what it is told."""
