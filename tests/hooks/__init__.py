"""The provider's calls to us: over real sockets, on both databases, with its stand-in."""
