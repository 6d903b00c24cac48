"""The Flask application, put together from what was wired. It holds no state of its own."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from server import errors, headers, health, logs, metrics
from server.api import layer
from server.api.routes import NOUNS
from server.hooks import door as hooks
from server.hooks import livekit
from server.realtime import door
from server.web import pages
from server.wiring import Wired
from storage.gate import Gate, reserved


def create_app(wired: Wired) -> Flask:
    """The application on `wired`. What is installed first sees an answer last."""
    settings = wired.settings
    app = Flask("server", static_folder=None, template_folder="web/templates")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.merge_slashes = False
    app.extensions["alongside"] = wired
    if not settings.uses_sqlite:
        # Twice the pool is what the engine opens in a rush.
        size = settings.database_pool_size
        wired.db.gate = Gate(2 * size - reserved(size))
    door.install(app, wired)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # how Flask says to do it
    wired.limiter.init_app(app)
    logs.install(app)
    metrics.install(app, wired.metrics)
    headers.install(app, settings)
    errors.install(app)
    health.install(app, wired)
    layer.install(app, wired, NOUNS)
    hooks.install(app, wired)
    livekit.install(app, wired)
    pages.install(app, wired)
    return app
