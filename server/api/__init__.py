"""The REST API: one module per noun, each a list of declared routes.

- `layer`    what a declaration means: sign-in, role, parsing, transaction, idempotency, shaping
- `models`   the base of every body and query, and the fields they share
- `paging`   lists and cursors
- `openapi`  the OpenAPI 3.1 document, from the same declarations that validate
- `routes`   all of them, in the order of the documentation
"""
