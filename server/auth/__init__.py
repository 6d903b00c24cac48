"""Who is asking: passwords, tokens, sessions, the session cookie and the login limits.

- `passwords`  argon2id, off the event loop
- `tokens`     short-lived access tokens, signed
- `sessions`   rows: sign-in, refresh rotation, revocation
- `callers`    one SELECT from a credential to the acting person
- `origin`     what a page of another origin may not do with a cookie
- `limits`     failed sign-ins per address
- `sign_in`    the four put together: e-mail and password in, session out
"""
