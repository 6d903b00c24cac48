"""What the tests stand on. Real databases, real sockets and real processes; fakes, not mocks."""
