# One image for every process: web, dispatcher, migrate, doctor. The command says which.
#
#   docker build -t alongside .
#   docker run --env-file environment alongside web

FROM python:3.13-slim-bookworm AS packages
# Wheels alone, each checked against its hash: nothing is compiled, so nothing that compiles is needed.
# One package comes as source, of Python alone.
RUN python -m venv /srv/venv
COPY requirements.txt .
RUN /srv/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: --no-binary http-ece -r requirements.txt \
    && /srv/venv/bin/pip uninstall --yes --quiet pip

FROM python:3.13-slim-bookworm
RUN groupadd --system --gid 10001 alongside \
    && useradd --system --uid 10001 --gid alongside --home-dir /var/lib/alongside --create-home \
        --shell /usr/sbin/nologin alongside
COPY --from=packages /srv/venv /srv/venv
WORKDIR /srv/alongside
COPY Procfile LICENSE pyproject.toml ./
COPY storage storage
COPY dispatch dispatch
COPY notifications notifications
COPY server server
COPY simulator simulator
RUN /srv/venv/bin/python -m compileall -q storage dispatch notifications server simulator
ENV PATH=/srv/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ALONGSIDE_ENV=production \
    ALONGSIDE_DATA=/var/lib/alongside \
    HOST=0.0.0.0 \
    PORT=8000
USER alongside
EXPOSE 8000
STOPSIGNAL SIGTERM
# A web process answers; in the other processes nobody listens, and compose.yaml switches it off.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m", "server"]
CMD ["web"]
