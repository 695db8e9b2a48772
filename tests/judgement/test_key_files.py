"""The key file that a command logs in with is found by the options of its tool."""

from __future__ import annotations

import pytest

from rewriter.judgement import key_file, may_name_key_file, ssh_key_file

NAMED = [
    ("gcloud auth activate-service-account --key-file=robot.json", "robot.json"),
    ("gcloud auth activate-service-account x@y --key-file robot.json", "robot.json"),
    ("ssh -p 22 -i /root/.ssh/deploy git@example.com", "/root/.ssh/deploy"),
    ("ssh-add -q /keys/id_deploy", "/keys/id_deploy"),
    ("kubectl --kubeconfig=prod.yaml get nodes", "prod.yaml"),
]


@pytest.mark.parametrize(("command", "path"), NAMED)
def test_named_file_is_found_and_suspected(command: str, path: str) -> None:
    assert key_file(command.split()) == path
    assert may_name_key_file(command)


@pytest.mark.parametrize(
    "command",
    [
        "gcloud auth activate-service-account --key-file=/run/secrets/gcp",
        "gcloud auth activate-service-account --key-file=$KEY",
        "cosign verify --key https://keys.example.com/cosign.pub image",
        "grep -i ssh /etc/services",
        "gcloud config set project x",
        "ssh-add -",
    ],
)
def test_mounted_dynamic_and_public_ones_are_none(command: str) -> None:
    assert key_file(command.split()) is None


def test_key_of_gits_ssh_command() -> None:
    text = 'GIT_SSH_COMMAND="ssh -o StrictHostKeyChecking=no -i /src/deploy_rsa" git clone x'
    assert ssh_key_file(text) == "/src/deploy_rsa"
    assert may_name_key_file(text)
    assert ssh_key_file('GIT_SSH_COMMAND="ssh -o StrictHostKeyChecking=no" git clone x') is None
