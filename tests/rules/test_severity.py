"""A leak that the final image does not keep weighs less, and is found all the same."""

from __future__ import annotations

import pytest

from rewriter.model.secret import Severity
from rewriter.scan.scanning import scan
from rewriter.settings import Settings
from rewriter.tree.repository import MemoryRepository

KEPT = "FROM alpine:3.20\n{}\nRUN ./build.sh\n"
DROPPED = "FROM alpine:3.20 AS build\n{}\nRUN ./build.sh\nFROM scratch\nCOPY --from=build /app /app\n"
INHERITED = 'FROM alpine:3.20 AS build\n{}\nRUN ./build.sh\nFROM build\nCMD ["/app"]\n'

LEAKS = [
    ("ARG API_TOKEN", "no-secret-in-arg", Severity.HIGH, Severity.MEDIUM),
    ("ARG ADMIN_PASSWORD=Winter-2031x", "no-secret-in-arg", Severity.CRITICAL, Severity.HIGH),
    ("ENV ADMIN_PASSWORD=Winter-2031x", "no-secret-in-env", Severity.CRITICAL, Severity.HIGH),
    ("RUN curl -u ci:Hunter2pass https://files.example.com", "no-literal-in-command", Severity.CRITICAL, Severity.HIGH),
    ("COPY id_rsa /root/.ssh/id_rsa", "no-credential-file-in-layer", Severity.HIGH, Severity.MEDIUM),
    ("ADD https://files.example.com/id_rsa /root/", "no-credential-file-in-layer", Severity.HIGH, Severity.MEDIUM),
]
MOUNTED = "RUN --mount=type=secret,id=a cat /run/secrets/a > /a"


def _severities(text: str, rule: str) -> set[Severity]:
    report = scan(MemoryRepository({"Dockerfile": text.encode()}), Settings())
    return {finding.severity for finding in report.findings if finding.rule == rule}


@pytest.mark.parametrize(("line", "rule", "kept", "dropped"), LEAKS)
def test_severity_follows_the_final_image(line: str, rule: str, kept: Severity, dropped: Severity) -> None:
    assert _severities(KEPT.format(line), rule) == {kept}
    assert _severities(INHERITED.format(line), rule) == {kept}
    assert _severities(DROPPED.format(line), rule) == {dropped}


def test_public_half_of_a_key_is_only_mentioned() -> None:
    identity = "AK" + "IA" + "J7QX4MZ2PLR9VTNB"
    text = f"FROM amazon/aws-cli\nRUN aws configure set aws_access_key_id {identity}\n"
    assert _severities(text, "no-literal-in-command") == {Severity.LOW}


def test_password_of_an_account_is_one_finding() -> None:
    report = scan(MemoryRepository({"Dockerfile": b"FROM x\nRUN echo root:D3vP4ss | chpasswd\n"}), Settings())
    assert [finding.rule for finding in report.findings] == ["no-literal-in-command"]


def test_what_a_mount_leaves_in_a_stage_that_no_image_has_is_no_leak() -> None:
    assert _severities(KEPT.format(MOUNTED), "no-secret-left-in-file") == {Severity.HIGH}
    assert _severities(DROPPED.format(MOUNTED), "no-secret-left-in-file") == set()
    carried = DROPPED.replace("/app /app", "/a /a")
    assert _severities(carried.format(MOUNTED), "no-secret-left-in-file") == {Severity.MEDIUM}
