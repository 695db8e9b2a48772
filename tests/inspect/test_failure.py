"""Explain builds that failed, by what BuildKit prints."""

from __future__ import annotations

from rewriter.documents import dockerfile
from rewriter.inspect.failure import described, explain
from rewriter.model.plan import BuildSecret
from rewriter.model.text import Source

FILE = dockerfile.parse(
    Source(
        "app/Dockerfile",
        "FROM node:20\n"
        "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci\n"
        "RUN npm run build \\\n  && npm prune\n"
        "RUN --mount=type=secret,id=netrc,target=/root/.netrc fetch\n",
    )
)
SECRETS = (
    BuildSecret("npm_token", "NPM_TOKEN", "", "env=NPM_TOKEN", "app/Dockerfile", "app"),
    BuildSecret("netrc", "", "/root/.netrc", "src=.netrc", "app/Dockerfile", "app"),
)


def log(line: int, body: str, printed: str) -> str:
    return (
        f"#9 [4/5] RUN {body}\n#9 0.31 {printed}\n#9 ERROR: process did not complete successfully: exit code: 1\n"
        f"------\n > [4/5] RUN {body}:\n0.310 {printed}\n------\nDockerfile:{line}\n--------------------\n"
        f"   {line} | >>> RUN {body}\n--------------------\n"
        f'ERROR: failed to build: failed to solve: process "/bin/sh -c {body}" did not complete: exit code: 1\n'
    )


def said(text: str, *, invented: bool = True) -> str:
    return "\n".join(described(explain(text, FILE, SECRETS, invented=invented)))


def test_step_and_the_secret_that_it_misses() -> None:
    text = said(log(4, "npm run build", "missing NPM_TOKEN"))
    assert text.startswith("line 3: RUN npm run build")
    assert "if the step needs npm_token, mount it there: --mount=type=secret,id=npm_token,env=NPM_TOKEN" in text
    assert "id=netrc,target=/root/.netrc" in text


def test_a_secret_that_is_mounted_is_not_named() -> None:
    assert "if the step needs npm_token" not in said(log(2, "npm ci", "npm error code E500"))


def test_another_home_folder() -> None:
    assert "another home folder" in said(log(5, "fetch", "/home/app/.netrc: Permission denied"))


def test_a_caller_that_hands_over_nothing() -> None:
    text = said("ERROR: failed to build: failed to solve: secret npm_token: not found\n")
    assert "add `--secret id=npm_token,...` to what runs the build" in text


def test_a_server_that_refuses() -> None:
    refused = log(2, "npm ci", "npm error code E401")
    assert "give a real one by --secret id=ID,env=NAME" in said(refused)
    assert "check that it still holds" in said(refused, invented=False)


def test_lines_that_were_left_out_above() -> None:
    assert explain(log(3, "npm run build", "x"), FILE, (), invented=True, above=1).line == 3


def test_what_the_step_printed_last() -> None:
    assert explain(log(4, "npm run build", "missing NPM_TOKEN"), FILE, (), invented=True).printed == (
        "missing NPM_TOKEN",
    )
    assert "it printed: missing NPM_TOKEN" in said(log(4, "npm run build", "missing NPM_TOKEN"))


def test_step_of_podman() -> None:
    text = said(
        "STEP 3/4: RUN npm run build   && npm prune\n"
        'Error: building at STEP "RUN npm run build   && npm prune": while running runtime: exit status 1\n'
    )
    assert text.startswith("line 3: RUN npm run build && npm prune\nwhile running runtime: exit status 1\n")


def test_builder_that_knows_no_secret_as_a_variable() -> None:
    text = said(
        'Error: building at STEP "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci": resolving '
        "mountpoints: secret should have syntax id=id[,target=path,required=bool,mode=uint,uid=uint,gid=uint\n"
    )
    assert "line 2: RUN --mount" in text
    assert text.endswith(
        "this builder hands over no secret as a variable: take a newer one, or have files by --secret-style=file"
    )


def test_a_log_that_says_nothing() -> None:
    assert said("") == "the builder says no more"


def test_a_step_that_asks_an_agent_in_vain() -> None:
    key = BuildSecret("default", "SSH_KEY", "", "ssh", "app/Dockerfile", "app")
    refused = log(4, "git clone", "git@git.example.com: Permission denied (publickey).")
    text = "\n".join(described(explain(refused, FILE, (key,), invented=True)))
    assert "hand over the one that it knows by --ssh default=KEY" in text
    assert "mount it there: --mount=type=ssh" in text
    assert "--from-env" not in text
    unset = 'ERROR: failed to solve: no SSH key "default" forwarded from the client\n'
    assert "add `--ssh default`" in "\n".join(described(explain(unset, FILE, (key,), invented=True)))
