"""Passwords that go through a pipe."""

from __future__ import annotations

import pytest

from rewriter.judgement import piped_password

from .shellwords import words


def piped(text: str) -> list[str]:
    left, right = text.split(" | ")
    _, *args = words(left)
    reader, *rest = words(right)
    return [args[each.index].text[each.start : each.end] for each in piped_password(args, reader.text, rest)]


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ('echo "root:easytoguess" | chpasswd', ["easytoguess"]),
        ("echo root:toor | chpasswd", ["toor"]),
        ("echo 'root:Docker!' | chpasswd", ["Docker!"]),
        ('echo "root:$ROOT_PW" | chpasswd', ["$ROOT_PW"]),
        ('echo "$USER:$PW" | chpasswd', ["$PW"]),
        ('echo "${USER}:${PW}" | sudo chpasswd', ["${PW}"]),
        ('echo -e "a:pw1\\nb:pw2" | chpasswd', ["pw1", "pw2"]),
        ("printf 'a:pw1\\nb:pw2\\n' | chpasswd", ["pw1", "pw2"]),
        ("echo hunter2 | passwd --stdin root", ["hunter2"]),
        ('echo -e "hunter2\\nhunter2" | passwd root', ["hunter2"]),
        ('echo "easytoguess" | vncpasswd -f', ["easytoguess"]),
        ("echo $PW | docker login -u me --password-stdin r.example.com", ["$PW"]),
        ("echo $T | gh auth login --with-token", ["$T"]),
        ("echo $T | cargo login", ["$T"]),
        ("echo hunter2 | sudo -S apt-get update", ["hunter2"]),
        ("echo hunter2 | htpasswd -i -c f admin", ["hunter2"]),
        ("echo $P | gpg --batch --passphrase-fd 0 -d x", ["$P"]),
        ('echo "mysql-server-5.6 mysql-server/root_password password pw123456" | debconf-set-selections', ["pw123456"]),
        ('echo "mysql-server mysql-server/root_password password $PW" | sudo debconf-set-selections', ["$PW"]),
        ("""echo "CREATE USER a IDENTIFIED BY 'pw9x'" | mysql -uroot""", ["pw9x"]),
        ('echo "password = pw9x" | tee x.conf', ["pw9x"]),
    ],
)
def test_found(text: str, secrets: list[str]) -> None:
    assert piped(text) == secrets


@pytest.mark.parametrize(
    "text",
    [
        "echo hello | cat",
        "echo y | apt-get install x",
        "echo root | chpasswd",
        "echo yes | keytool -import",
        "echo $PW | docker build -",
        "echo x | sudo tee /etc/x",
        "echo 'tzdata tzdata/Areas select Europe' | debconf-set-selections",
        'echo "a b/accepted-license boolean true" | debconf-set-selections',
        "echo root:$(openssl rand -hex 9) | chpasswd",
        "echo x | htpasswd -c f admin",
        "echo hunter2 | grep x",
    ],
)
def test_nothing(text: str) -> None:
    assert piped(text) == []


def test_where_it_is_kept() -> None:
    assert piped_password(words("root:toor"), "chpasswd")[0].persists == "/etc/shadow"
