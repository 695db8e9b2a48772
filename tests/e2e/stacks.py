"""Describe small projects whose containers need secrets, as people write them before anybody told them better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Stack:
    """Hold the files of a project; `@CANARY@`, `@OTHER@` and `@BASE@` are filled in.

    `asks` is the program that is run in the container of `service` and prints what that answers; it has to print
    `answers`. `needs` are the distributions that the image has to hold.
    """

    name: str
    files: Mapping[str, str]
    service: str
    asks: tuple[str, ...]
    answers: str
    needs: tuple[str, ...] = ()


_ASK: Final = """\
import time, urllib.request as u
for _ in range(100):
    try:
        print(u.urlopen('http://127.0.0.1:8080/', timeout=5).read().decode()); break
    except OSError:
        time.sleep(0.2)
"""
_GET: Final = ("python3", "-c", _ASK)
_NODE_GET: Final = """\
let left = 100;
(function ask() {
  require('http').get('http://127.0.0.1:8080/', (response) => response.pipe(process.stdout))
    .on('error', () => { if (left--) setTimeout(ask, 200); });
})();
"""

_SERVER: Final = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = answer().encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 8080), Handler).serve_forever()
"""

DATABASE: Final = {
    "Dockerfile": ('FROM @BASE@\nCOPY db.py entry.sh /\nENTRYPOINT ["sh", "/entry.sh"]\nCMD ["python3", "/db.py"]\n'),
    "entry.sh": """\
if [ -n "${POSTGRES_PASSWORD:-}" ] && [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
    echo "both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set" >&2
    exit 1
fi
if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
    cat "$POSTGRES_PASSWORD_FILE" >/password
else
    printf %s "${POSTGRES_PASSWORD:?}" >/password
fi
unset POSTGRES_PASSWORD
exec "$@"
""",
    "db.py": """\
import socketserver

PASSWORD = open("/password").read()


class Login(socketserver.StreamRequestHandler):
    def handle(self):
        given = self.rfile.readline().decode().removesuffix("\\n")
        self.wfile.write(b"welcome" if given == PASSWORD else b"denied")


socketserver.TCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("0.0.0.0", 5432), Login).serve_forever()
""",
}
"""A stand-in for PostgreSQL: it takes its password as that image does, and refuses both forms together."""

_WEB: Final = Stack(
    name="web-and-database",
    service="web",
    asks=_GET,
    answers="welcome",
    files={
        "compose.yaml": """\
# the shop
services:
  web:
    build: ./web
    environment:
      - DB_HOST=db
      - DB_PASSWORD=@CANARY@
    depends_on: [db]
  db:
    image: @DATABASE@
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: "@CANARY@"  # the same
""",
        "web/Dockerfile": ('FROM @BASE@\nWORKDIR /srv\nCOPY . .\nUSER node\nCMD ["python3", "shop.py"]\n'),
        "web/shop.py": '''\
"""Show whether the database lets us in."""
import os
import socket


def answer():
    with socket.create_connection((os.environ["DB_HOST"], 5432), timeout=10) as link:
        link.sendall(os.environ["DB_PASSWORD"].encode() + b"\\n")
        return link.recv(100).decode()
'''
        + _SERVER,
    },
)

_IMAGE_ENV: Final = Stack(
    name="env-of-the-image",
    service="app",
    asks=_GET,
    answers="@CANARY@ @OTHER@",
    files={
        "Dockerfile": (
            "FROM @BASE@\nWORKDIR /srv\nCOPY app.py config.py /srv/\n"
            'ENV API_TOKEN=@CANARY@ \\\n    LOG_LEVEL=info\nCMD ["python3", "app.py"]\n'
        ),
        "config.py": 'from os import environ, getenv\n\nTOKEN = environ["API_TOKEN"]\n'
        'MAIL = getenv("MAIL_PASSWORD", "none")\n',
        "app.py": 'import config\n\n\ndef answer():\n    return f"{config.TOKEN} {config.MAIL}"\n\n' + _SERVER,
        "app.env": "MAIL_HOST=mail.example.com\nMAIL_PASSWORD='@OTHER@'\n",
        "compose.yaml": "services:\n  app:\n    build: .\n    env_file: app.env\n",
    },
)

_DJANGO: Final = Stack(
    name="django",
    service="site",
    asks=_GET,
    answers="@CANARY@",
    needs=("django",),
    files={
        "Dockerfile": (
            "FROM @BASE@\nWORKDIR /srv\nCOPY . .\n"
            'CMD ["python3", "manage.py", "runserver", "--noreload", "127.0.0.1:8080"]\n'
        ),
        "manage.py": '''\
"""Start a command of Django."""
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
    execute_from_command_line(sys.argv)
''',
        "site_/__init__.py": "",
        "site_/settings.py": '''\
"""Settings of the site."""
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

# Never share this one.
SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
DEBUG = os.environ.get("DEBUG", "") == "1"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site_.urls"
DATABASES = {}
USE_TZ = True
''',
        "site_/urls.py": '''\
"""Where everything is."""
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("", lambda request: HttpResponse(settings.SECRET_KEY))]
''',
        "docker-compose.yml": (
            "services:\n  site:\n    build: .\n"
            '    environment:\n      DEBUG: "0"\n      DJANGO_SECRET_KEY: "@CANARY@"\n'
        ),
    },
)

_FASTAPI: Final = Stack(
    name="fastapi",
    service="api",
    asks=_GET,
    answers='"@CANARY@"',
    needs=("fastapi", "uvicorn", "pydantic-settings"),
    files={
        "Dockerfile": (
            "FROM @BASE@\nWORKDIR /srv\nCOPY app app\n"
            'CMD ["python3", "-m", "uvicorn", "app.main:api", "--host", "127.0.0.1", "--port", "8080"]\n'
        ),
        "app/__init__.py": "",
        "app/settings.py": '''\
"""Settings of the service."""
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the surroundings say."""

    model_config = SettingsConfigDict(env_prefix="SHOP_")

    api_token: str
    log_level: str = "info"
''',
        "app/main.py": '''\
"""Answer requests."""
from fastapi import FastAPI

from app.settings import Settings

api = FastAPI()
settings = Settings()


@api.get("/")
def root() -> str:
    return settings.api_token
''',
        "compose.yaml": (
            "services:\n  api:\n    build:\n      context: .\n"
            "    environment:\n    - SHOP_LOG_LEVEL=debug\n    - SHOP_API_TOKEN=@CANARY@\n"
        ),
    },
)

_NODE: Final = Stack(
    name="node",
    service="api",
    asks=("node", "-e", _NODE_GET),
    answers="@CANARY@",
    files={
        "Dockerfile": 'FROM @NODE@\nWORKDIR /srv\nCOPY . .\nCMD ["node", "server.js"]\n',
        "package.json": '{"name": "api", "version": "1.0.0"}\n',
        "server.js": """\
'use strict';
const http = require('http');

const { API_KEY } = require('./settings');

http.createServer((request, response) => response.end(API_KEY)).listen(8080, '127.0.0.1');
""",
        "settings.js": "module.exports = {\n  API_KEY: process.env.API_KEY,\n  level: process.env.LEVEL,\n};\n",
        "compose.yaml": 'services:\n  api:\n    build: .\n    environment: {API_KEY: "@CANARY@", LEVEL: debug}\n',
    },
)

_ENTRY: Final = Stack(
    name="entry-script",
    service="app",
    asks=("cat", "/tmp/answer"),
    answers="@CANARY@",
    files={
        "Dockerfile": 'FROM @BASE@\nCOPY entry.sh /\nENTRYPOINT ["sh", "/entry.sh"]\nCMD ["sleep", "600"]\n',
        "entry.sh": """\
#!/bin/sh
set -eu
umask 077
# what the program reads
printf '%s' "$APP_PASSWORD" >/tmp/answer
exec "$@"
""",
        "compose.yaml": "services:\n  app:\n    build: .\n    environment:\n      APP_PASSWORD: '@CANARY@'\n",
    },
)

STACKS: Final = (_WEB, _IMAGE_ENV, _DJANGO, _FASTAPI, _NODE, _ENTRY)
