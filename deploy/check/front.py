"""A real nginx with the configuration of deploy/nginx, on ports and folders of a test."""

import datetime
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.harness.postgres import free_port
from tests.house.repository import ROOT

START_S = 15.0


def certificate(folder: Path) -> Path:
    """A certificate for `localhost` that signs itself; its key lies beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "fullchain.pem"


def configuration(folder: Path, plain: int, tls: int, *webs: int) -> str:
    """Ours, with other ports, names and folders; every replacement must find its place."""
    text = (ROOT / "deploy/nginx/alongside.conf").read_text(encoding="utf-8")
    changes = {
        r"listen \[::\]:\d+[^;]*;": "",
        r"listen 80;": f"listen 127.0.0.1:{plain};",
        r"listen 443 ": f"listen 127.0.0.1:{tls} ",
        r"alongside\.example\.org": "localhost",
        r"127\.0\.0\.1:8000 ": f"127.0.0.1:{webs[0]} ",
        r"127\.0\.0\.1:8001 ": f"127.0.0.1:{webs[1]} ",
        r"/etc/alongside/tls": str(folder),
        r"/var/log/nginx": str(folder),
        r"/var/cache/nginx": str(folder),
        r"https://\$host\$": f"https://$host:{tls}$",
        # Browsers name the port of an unusual one, and an origin has it.
        r"X-Forwarded-Host \$host": "X-Forwarded-Host $http_host",
        r"Host \$host;": "Host $http_host;",
    }
    for pattern, value in changes.items():
        text, many = re.subn(pattern, value, text)
        assert many, pattern
    return (
        f"pid {folder}/pid; error_log {folder}/error.log; events {{ worker_connections 4096; }}\n"
        f"http {{ client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f"{text}}}\n"
    )


class Nginx:
    """One nginx in the foreground."""

    def __init__(self, folder: Path, *webs: int) -> None:
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.plain, self.tls = free_port(), free_port()
        self.url = f"https://localhost:{self.tls}"
        self.certificate = certificate(folder)
        written = folder / "nginx.conf"
        written.write_text(configuration(folder, self.plain, self.tls, *webs), encoding="utf-8")
        command = [program, "-p", str(folder), "-c", str(written)]
        if os.getuid() == 0:
            # Its workers may read what the test wrote.
            command += ["-g", "user root;"]
        looked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert looked.returncode == 0, looked.stderr
        assert "warn" not in looked.stderr, looked.stderr
        command[-1] = f"{command[-1]} daemon off;" if command[-1].endswith(";") else command[-1]
        if not command[-1].endswith("off;"):
            command += ["-g", "daemon off;"]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def until_answering(self) -> None:
        """Wait until it answers, whatever it says."""
        deadline = time.monotonic() + START_S
        while True:
            try:
                requests.get(f"http://127.0.0.1:{self.plain}", timeout=2, allow_redirects=False)
            except requests.ConnectionError:
                assert self.process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)
