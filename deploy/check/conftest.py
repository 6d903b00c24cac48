"""The servers of the tests, for a rehearsal of production."""

from tests.conftest import postgres_server, postgresql_backend, redis_server

__all__ = ["postgres_server", "postgresql_backend", "redis_server"]
