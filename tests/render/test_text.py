from __future__ import annotations

import re

import pytest

from rewriter.model.patch import Patch, Patched, Problem, Unchanged
from rewriter.model.plan import Reason, Refusal
from rewriter.model.secret import Safety
from rewriter.render import text
from rewriter.render.next_steps import Run
from rewriter.render.paint import Paint
from tests.render.sample import API, BEFORE, CLEAN, NPM, PATCH, PATCHED, PIN, REFUSAL, finding, report, secret

PLAIN = Paint()
TEXTS = {"app/Dockerfile": BEFORE}


def test_scan_groups_findings_by_secret_and_shows_their_lines() -> None:
    caller = finding("NPM_TOKEN", 4, rule="no-secret-in-build-argument")
    shown = text.scan(report((NPM, API, caller)), PLAIN, texts=TEXTS)
    assert (
        shown
        == """\
npm_token  needed at: build; can be fixed, to be reviewed
  app/Dockerfile:2:5 high no-secret-in-arg NPM_TOKEN carries a secret
       2 | ARG NPM_TOKEN
  app/Dockerfile:4:5 high no-secret-in-build-argument NPM_TOKEN carries a secret
       4 | RUN npm ci

api_key  needed at: build; can be fixed, to be reviewed
  app/Dockerfile:3:5 critical no-secret-in-env API_KEY carries a secret
       3 | ENV API_KEY=**** PIN=ab

2 secrets in 3 places (1 critical, 2 high); 4 files read.
`unbake fix --diff` shows how the files would be rewritten, `unbake fix` rewrites them.
A secret that was published stays exposed until it is rotated, whatever becomes of the files.
"""
    )


def test_scan_of_a_clean_repository_says_what_was_read() -> None:
    assert text.scan(CLEAN, PLAIN, texts={}) == "Nothing found. 7 files read.\n"


def test_scan_names_files_with_errors() -> None:
    broken = report((), problems=[Problem("b/Dockerfile", 3, "unterminated heredoc"), Problem("c", 0, "too large")])
    assert (
        text.scan(broken, PLAIN, texts={})
        == """\
Not read
  b/Dockerfile:3 error unterminated heredoc
  c error too large

Nothing found. 4 files read, 2 with errors.
"""
    )


def test_quiet_scan_is_one_line_a_finding() -> None:
    shown = text.scan(report(), PLAIN, texts=TEXTS, quiet=True)
    assert [line.split()[0] for line in shown.splitlines()] == [
        "app/Dockerfile:2:5",
        "app/Dockerfile:3:5",
        "app/Dockerfile:3:5",
    ]
    assert text.scan(CLEAN, PLAIN, texts={}, quiet=True) == ""


def test_a_secret_that_only_a_person_can_fix_says_so() -> None:
    manual = finding("X_TOKEN", 2, fixable=Safety.MANUAL)
    shown = text.scan(report([manual]), PLAIN, texts={})
    assert "has to be fixed by hand" in shown
    assert "unbake fix" not in shown


def test_fix_shows_diff_fixes_refusals_and_next_steps() -> None:
    shown = text.outcome(PATCHED, PLAIN, Run())
    diff, _, rest = shown.partition("\nFixed: ")
    assert diff.startswith("--- a/app/Dockerfile\n+++ b/app/Dockerfile\n@@ -1,6 +1,5 @@\n")
    assert "-ENV API_KEY=**** PIN=****\n" in diff
    assert "+ENV PIN=****\n" in diff
    assert (
        rest
        == """\
2 findings
  npm_token  safe
    app/Dockerfile:2:5 high no-secret-in-arg NPM_TOKEN carries a secret
    note npm reads the variable by itself
  api_key  review
    app/Dockerfile:3:5 critical no-secret-in-env API_KEY carries a secret

Left alone: 1 finding
  app/Dockerfile:3:5 low no-secret-in-env PIN carries a secret
    needs-runtime-secret: the application reads it when it runs

Next steps
  Look through the change and commit it; a fix marked `review` changes a command or code.
  Values were moved out of the files (mode 0600, ignored by git and Docker); keep them to yourself:
    secrets/api_key.txt
  Build with the secrets handed over:
    docker build --secret id=api_key,src=secrets/api_key.txt --secret id=npm_token,env=NPM_TOKEN app
      with NPM_TOKEN set in the environment

Rotate what was exposed: removing a secret from a Dockerfile does not unpublish it.
  Images, caches, logs, registries and the history of git keep the old value.
  npm access token: NPM_TOKEN (app/Dockerfile:2)
    where  https://docs.npmjs.com/revoking-access-tokens, or the token page of your own registry
    how    npm token list; npm token revoke ID; create a new one. Revocation can take up to an hour.
  unknown issuer: API_KEY (app/Dockerfile:3), PIN (app/Dockerfile:3)
    where  the service that accepts it; its owner knows (git log, CODEOWNERS)
    how    Create a new one there, hand it out, revoke the old one and check that it is refused.

4 files read, 1 file modified, 1 file created; checked: lossless, findings-gone.
"""
    )


def test_diff_says_that_nothing_was_written() -> None:
    shown = text.outcome(PATCHED, PLAIN, Run(root="demo dir", argument="demo dir", written=False))
    assert "Would fix: 2 findings" in shown
    assert "Nothing was written. Write it with: unbake fix 'demo dir'\n" in shown
    assert "Values would be moved out" in shown
    assert "Build with the secrets handed over, in demo dir:" in shown
    assert "1 file would be modified, 1 file would be created" in shown


def test_nothing_found_says_so() -> None:
    shown = text.outcome(Unchanged(CLEAN), PLAIN, Run())
    assert shown == "Nothing found. 7 files read; no file was changed.\n"


def test_only_refusals_leave_the_files() -> None:
    left = Unchanged(report([PIN], refusals=[REFUSAL]))
    shown = text.outcome(left, PLAIN, Run())
    assert shown.startswith("Left alone: 1 finding\n")
    assert shown.endswith("4 files read; no file was changed.\n")
    assert "Nothing found" not in shown
    assert "Rotate what was exposed" in shown


def test_a_finding_neither_fixed_nor_refused_is_still_open() -> None:
    shown = text.outcome(Unchanged(report([PIN])), PLAIN, Run())
    assert "Still open\n  app/Dockerfile:3:5 low" in shown
    assert text.still_open(report([PIN])) == (PIN,)
    assert text.still_open(report([PIN, API], fixed=[API], refusals=[REFUSAL])) == ()


def test_findings_that_went_along_are_named() -> None:
    caller = finding("NPM_TOKEN", 4, rule="no-secret-in-run")
    shown = text.outcome(Patched(report((NPM, API, caller), fixed=(NPM, API, caller)), PATCH), PLAIN, Run())
    assert "Fixed: 3 findings" in shown
    assert "settled along with them\n    app/Dockerfile:4:5 high no-secret-in-run" in shown


def test_quiet_fix_prints_what_is_left_and_what_to_run() -> None:
    shown = text.outcome(PATCHED, PLAIN, Run(quiet=True))
    assert shown.startswith("Left alone: 1 finding\n")
    assert shown.endswith("with NPM_TOKEN set in the environment\n")
    assert "@@" not in shown
    assert "@@" in text.outcome(PATCHED, PLAIN, Run(quiet=True, written=False))


def test_several_builds_get_a_command_each() -> None:
    secrets = (*PATCH.secrets, secret("NPM_TOKEN", dockerfile="b.Dockerfile", context="", source="src=.npmrc"))
    patch = Patch(PATCH.files, PATCH.values, secrets, PATCH.fixes, PATCH.checks)
    shown = text.outcome(Patched(PATCHED.report, patch), PLAIN, Run())
    assert (
        "docker build --secret id=npm_token,src=.npmrc --file b.Dockerfile .\n      with .npmrc on this machine"
        in shown
    )
    assert shown.count("docker build ") == 2


def test_colour_changes_no_letter() -> None:
    for painted, plain in [
        (text.scan(report(), Paint(on=True), texts=TEXTS), text.scan(report(), PLAIN, texts=TEXTS)),
        (text.outcome(PATCHED, Paint(on=True), Run()), text.outcome(PATCHED, PLAIN, Run())),
    ]:
        assert "\x1b[" in painted
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_what_comes_from_a_file_cannot_steer_the_terminal() -> None:
    evil = "x\x1b]0;owned\x07\u202e\n\udce9"
    bad = finding(evil, 2, path=f"{evil}/Dockerfile", message=evil, secret=evil)
    refused = Refusal(bad, Reason.DYNAMIC_VALUE, evil)
    shown = text.scan(
        report([bad], problems=[Problem(evil, 1, evil)]), PLAIN, texts={bad.place.path: f"FROM x\n{evil}"}
    )
    shown += text.outcome(Unchanged(report([bad], refusals=[refused])), PLAIN, Run(root=evil, argument=evil))
    assert all(line.isprintable() for line in shown.splitlines())
    shown.encode()


@pytest.mark.parametrize("quiet", [True, False])
def test_the_same_report_gives_the_same_bytes(quiet: bool) -> None:  # noqa: FBT001
    assert text.outcome(PATCHED, PLAIN, Run(quiet=quiet)) == text.outcome(PATCHED, PLAIN, Run(quiet=quiet))
