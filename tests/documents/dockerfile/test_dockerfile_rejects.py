from __future__ import annotations

import pytest

from rewriter.errors import ParseError
from tests.documents.dockerfile.reading import only, read


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("RNU a", "unknown instruction 'RNU'; did you mean RUN", id="close-to-a-known-one"),
        pytest.param("FROM\u00a0a", "put a plain blank behind FROM", id="no-break-space"),
        pytest.param('ENTRYPOINT["/server"]', "put a plain blank behind ENTRYPOINT", id="no-blank"),
        pytest.param("RNU=hunter2 a", "unknown instruction 'RNU'; did you mean RUN", id="only-letters-are-shown"),
        pytest.param("apt-get install", "unknown instruction; a line must begin with", id="far-from-any"),
        pytest.param("ONBUILD RNU a", "did you mean RUN", id="under-onbuild"),
        pytest.param("ENV", "ENV needs an argument", id="env-alone"),
        pytest.param("ENV A", "ENV needs a value", id="env-without-value"),
        pytest.param("ENV A\u00a0b", "ENV needs a value", id="env-with-a-no-break-space"),
        pytest.param("ENV A=1 B", "ENV has a word without `=`", id="env-word-without-equals"),
        pytest.param("ENV =1", "value without a name", id="env-without-name"),
        pytest.param("ONBUILD ENV A", "ENV needs a value", id="env-under-onbuild"),
        pytest.param("LABEL a", "LABEL needs a value", id="label-without-value"),
        pytest.param("ARG", "ARG needs an argument", id="arg-alone"),
        pytest.param("ARG =1", "value without a name", id="arg-without-name"),
        pytest.param("COPY a", "COPY needs a source and a destination", id="copy-with-one-word"),
        pytest.param('ADD ["a"]', "ADD needs a source and a destination", id="add-with-one-string"),
        pytest.param("COPY a <<E\nE", "cannot take a heredoc as its destination", id="heredoc-as-destination"),
        pytest.param("FROM", "FROM takes", id="from-alone"),
        pytest.param("FROM a b", "FROM takes", id="from-with-two-words"),
        pytest.param("FROM a at b", "FROM takes", id="from-without-as"),
        pytest.param("FROM a AS 1b", "stage's name", id="stage-name-with-a-digit-first"),
        pytest.param("FROM a AS b/c", "stage's name", id="stage-name-with-a-slash"),
        pytest.param("FROM {{a}}", "template", id="template-as-image"),
        pytest.param("FROM {{ a }}", "template", id="template-with-blanks"),
        pytest.param("{% if x %}", "template", id="template-statement"),
        pytest.param("<% x %>", "template", id="template-of-another-kind"),
        pytest.param("ENV A={{ b }}", "template", id="template-as-value"),
        pytest.param("CMD [1]", "strings only", id="json-number"),
        pytest.param('CMD ["a", ["b"]]', "strings only", id="json-nested"),
        pytest.param('RUN ["a", null]', "strings only", id="json-null"),
        pytest.param(f"CMD [{'9' * 5000}]", "strings only", id="json-long-number"),
        pytest.param(f"CMD {'[' * 9000}{']' * 9000}", "strings only", id="json-deep"),
        pytest.param("SHELL /bin/sh", "JSON array", id="shell-without-json"),
        pytest.param("SHELL []", "JSON array", id="shell-empty"),
        pytest.param("HEALTHCHECK", "HEALTHCHECK takes", id="healthcheck-alone"),
        pytest.param("HEALTHCHECK RUN a", "HEALTHCHECK takes", id="healthcheck-of-another-type"),
        pytest.param("HEALTHCHECK NONE a", "takes no arguments", id="healthcheck-none-with-arguments"),
        pytest.param("HEALTHCHECK CMD", "CMD needs a command", id="healthcheck-without-command"),
        pytest.param("HEALTHCHECK CMD []", "CMD needs a command", id="healthcheck-with-empty-json"),
        pytest.param("ONBUILD", "ONBUILD needs an argument", id="onbuild-alone"),
        pytest.param("ONBUILD ONBUILD RUN a", "ONBUILD ONBUILD is not allowed", id="onbuild-chained"),
        pytest.param("ONBUILD from a", "ONBUILD FROM is not allowed", id="onbuild-from"),
        pytest.param("EXPOSE", "EXPOSE needs an argument", id="expose-alone"),
        pytest.param("VOLUME", "VOLUME needs paths", id="volume-alone"),
        pytest.param('VOLUME ["/a", " "]', "VOLUME needs paths", id="volume-blank"),
        pytest.param("USER", "USER needs exactly one argument", id="user-alone"),
        pytest.param("WORKDIR", "WORKDIR needs exactly one argument", id="workdir-alone"),
        pytest.param("CMD --x a", "CMD takes no flags", id="flag-where-none-is-taken"),
        pytest.param("COPY --from=a --from=b c d", "--from is given twice", id="flag-twice"),
        pytest.param("COPY --from a b", "--from needs a value", id="flag-without-its-value"),
        pytest.param("COPY --link=x a b", "--link takes true or false", id="switch-with-another-value"),
        pytest.param("RUN --MOUNT=type=cache a", "--mount must be written in lower case", id="flag-in-upper-case"),
        pytest.param('RUN --mount=type="cache" a', None, id="mount-in-quotes-that-go"),
        pytest.param("RUN --mount='type=\"cache\"' a", "no comma-separated values", id="mount-with-a-quote-inside"),
        pytest.param("RUN --mount=from=$A,target=/x a", "takes no variables", id="mount-from-a-variable"),
        pytest.param("RUN --mount=type=secret,id=à a", "U\\+00E0", id="flag-that-is-cut-inside-a-character"),
        pytest.param("RUN --mount=type=secret,id=a\u00a0b", "U\\+00A0", id="flag-with-a-no-break-space"),
        pytest.param("ARG --x A", None, id="flags-of-arg-are-not-read"),
        pytest.param("RUN --future=x a", None, id="flag-of-a-newer-frontend"),
        pytest.param("ONBUILD COPY a", None, id="number-of-arguments-under-onbuild"),
        pytest.param("RUN", None, id="run-alone"),
        pytest.param("CMD", None, id="cmd-alone"),
    ],
)
def test_instructions(text: str, what: str | None) -> None:
    if what is None:
        only(text)
        return
    with pytest.raises(ParseError, match=what) as caught:
        read(f"FROM scratch\n# c\n{text}\n")
    assert (caught.value.path, caught.value.line) == ("Dockerfile", 3)


@pytest.mark.parametrize("text", ["RUN a", "ENV A=1", "MAINTAINER x"])
def test_only_arg_stands_before_from(text: str) -> None:
    with pytest.raises(ParseError, match="before the first FROM"):
        read(f"ARG A\n{text}\nFROM a")


def test_an_error_does_not_repeat_what_may_be_a_secret() -> None:
    for text in ("ENV A=1 hunter2xyz", "hunter2xyz", "ENV hunter2xyz", "NPM_TOKEN=hunter2xyz"):
        with pytest.raises(ParseError) as caught:
            only(text)
        assert "hunter2" not in str(caught.value)
