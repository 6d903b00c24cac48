"""Pages for people, rendered on the server. They come in by the same doors as everybody else.

- `pages`      the front page, signing in by cookie, the reference of the API
- `templates`  what they look like; no script and no style without the page's nonce
"""
