"""The live side: rooms, catching up, who is told what, and real sockets on real processes."""
