"""Pages for people, rendered on the server. They come in by the same doors as everybody else.

- `pages`      one module per page family; `pages.FAMILIES` lists those that exist
- `frame`      what every page shares: who looks, language, theme, the first data
- `words`      the sentences, English and Spanish, for the server and the browser
- `icons`      inline SVG out of the vendored set
- `statics`    files for the browser, under an address that changes with their content
- `templates`  the frame, the macros, and what the pages look like
- `static`     css, ES modules, vendored libraries; nothing is built
"""
