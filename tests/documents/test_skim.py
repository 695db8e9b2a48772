"""What is skimmed is what the reader reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rewriter.documents import dockerfile
from rewriter.documents.skim import skim
from rewriter.model.text import Source, decode
from tests.peers.dockerfiles import damaged, dockerfiles

CORPUS = Path(__file__).parents[2] / "corpus"
LINES = (
    "FROM a", "from a AS b", "FROM --platform=$BUILDPLATFORM a", "FROM a b", "FROM {{ a }}", "FROM", "ARG A",
    "ARG A=b C", "ARG A='b c' D=\"e \\\" f\"", "ARG =x", "ENV A b c", "ENV A=b C=d", "ENV A=b c", "ENV A", "ENV A='b",
    "LABEL a.b=c d=e", "RUN x", "RUN --mount=type=cache,target=/x y", "RUN --mount=type=secret,id=a x",
    "RUN --network=none x", "RUN --x", 'RUN ["a", "b"]', 'RUN ["a", 1]', "RUN [ -f x ] && y", "RUN [", "RUN a \\",
    "RUN a \\\\", "  b && c \\", "# c \\", "#", "", " \t", "COPY a b", "COPY a", "COPY --from=x --chown=a:b a b",
    "COPY --from=a --from=b a b", 'COPY ["a b", "c"]', "COPY <<E a", "ADD --link https://example.com/a b", "CMD a",
    'CMD ["a"]', "CMD []", "CMD --a", "ENTRYPOINT ['a']", "EXPOSE 80 81/udp", "HEALTHCHECK NONE", "HEALTHCHECK CMD a",
    "HEALTHCHECK --interval=3s --interval=4s CMD a", 'MAINTAINER a "b" <c>', "ONBUILD RUN a", 'SHELL ["a"]',
    "SHELL a", "STOPSIGNAL TERM", "USER a:b", "USER a b", 'VOLUME ["a", "b"]', 'VOLUME [" "]', "VOLUME a b",
    "VOLUME [a", "WORKDIR /a b", "WORKDIR 'a", "\tRUN\tx\ty", "RUN x # y", "FOO a", "# escape=`", "# syntax=a",
    "#syntax=b", "\\", "COPY a\tb ", "COPY --chown a b", "VOLUME --x", "FROM --x", "HEALTHCHECK CMD --a",
    "HEALTHCHECK --retries=3 CMD a",
)  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> str:
    """Draw lines of which most are plain."""
    chosen = draw(st.lists(st.sampled_from(LINES), max_size=4))
    newline = draw(st.sampled_from(["\n", "\n", "\n", "\r\n", "\r\r\n"]))
    first = draw(st.sampled_from(["FROM a", "FROM a", "# syntax=x\nFROM a", "ARG A\nFROM a", "\ufeffFROM a", "RUN a"]))
    return newline.join([first, *chosen]) + draw(st.sampled_from(["", "\n", "\\", "\x0b", "\u00a0", "é"]))


def agree(text: str) -> bool:
    """Hold a text against the reader; tell whether it was skimmed."""
    skimmed = skim(text)
    if skimmed is None:
        return False
    read = dockerfile.parse(Source("Dockerfile", text)).instructions  # raises nothing
    assert [(entry.keyword, entry.text) for entry in skimmed] == [(one.keyword, one.arguments.text) for one in read]
    for entry, one in zip(skimmed, read, strict=True):
        assert entry.flags.split() == [flag.raw.text for flag in one.flags]
        if one.assignments:
            given = [(item.name, item.value.raw.text if item.value else "") for item in one.assignments]
            assert entry.assignments == given
        if entry.keyword in ("ADD", "COPY"):
            assert entry.operands == [word.value for word in one.operands]
        assert not one.heredocs
    return True


@settings(deadline=None)
@given(st.one_of(lines(), dockerfiles(), damaged(), st.text()))
@example("FROM a\nRUN b \\")
@example("\\\nFROM a\n")
@example("FROM a\n# b \\\nRUN c\n")
@example("FROM a\nRUN b \\\n\n  # c\n  d\n")
@example("FROM a\nRUN --mount=type=cache,target=/x  --mount='type=secret,id=a b' a\n")
@example("FROM a\n\\")
@example("FROM a\nENV A='b\\' C=d\n")
def test_it_reads_what_the_reader_reads(text: str) -> None:
    agree(text)


def test_most_of_the_corpus_is_plain() -> None:
    texts = [decode(path.read_bytes()) for path in sorted(CORPUS.glob("*/*/*/**/*ockerfile")) if path.is_file()]
    assert len(texts) > 400
    assert sum(map(agree, texts)) > 0.8 * len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nRUN cat <<EOF\nx\nEOF\n",
        "# escape=`\nFROM a\nRUN b\n",
        "FROM a\nONBUILD RUN b\n",
        "FROM a\nRUN b\x00\n",
        "FROM a\nRUN " + "x" * 70_000,
        "RUN a\n",
        "",
    ],
)
def test_what_is_not_plain_is_left_to_the_reader(text: str) -> None:
    assert skim(text) is None


def test_a_long_row_of_odd_pieces_takes_no_time() -> None:
    for piece in ("a='", 'a="\\', "a=b ", '"a", ', "--mount=a ", "\\\n", "[", "--link ", "# escape \\\n"):
        for head in ("ENV ", "LABEL ", "ARG ", "COPY ", "RUN ", "CMD [", "VOLUME ", "FROM ", "HEALTHCHECK "):
            skim(f"FROM a\n{head}" + piece * (15_000 // len(piece)))
