"""The floor that knows HTTP, sockets, pages, settings and processes; dispatch knows the rest.

Map:

- `settings`    every environment variable, and what production refuses to start with
- `wiring`      the only composition root: plugs the floors into one another
- `app`, `wsgi` the Flask application, and the object a web server imports
- `errors`      every refusal as `application/problem+json`, and the list of codes
- `api`         the layer (routes, models, OpenAPI) and one module per noun
- `hooks`       what the provider of texts and calls tells us, proved by its signature
- `telephony`   who we are at that provider
- `auth`        passwords, tokens, sessions, same-origin, login limits
- `realtime`    Socket.IO
- `web`         pages for people
- `previews`    policies tried on the past, each in a process of its own
- `dispatcher`  the only module that waits; `wake` shortens the wait
- `health`, `metrics`, `logs`  what an operator looks at
- `models`      sessions, refresh tokens, idempotency keys, heartbeats
- `worker`      the web process under gunicorn, and how it leaves
- `up`          the processes of the Procfile on one machine, kept running
- `cli`, `doctor`, `seed`      the commands of `python -m server`

This file imports nothing: `python -m server run` must patch the standard library first.
"""
