"""What a web server imports in production: `server.wsgi:app`."""

from server.loading import loading

with loading():
    from server import logs
    from server.app import create_app
    from server.settings import load
    from server.wiring import wire

    settings = load()
    logs.configure(settings.log_level)
    app = create_app(wire(settings))
app.extensions["alongside_garbage"].begin()
