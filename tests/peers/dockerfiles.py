"""Make Dockerfiles: whole ones from a grammar, and damaged ones."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

WORDS: Final = st.sampled_from(
    (
        "a", "b.txt", "/x/y", "$A", "${B}", "${A:-x}", "${A:+'y'}", "${A%.*}", "'q r'", '"s t"', '"u\\"v"', "\\ ",
        "w\\", "x=y", "é", "\u00a0", "\u2003", "=", "--z", "-", "[", "]", '["j"]', "<", "<x", "<<<h",
        "$((1<<2))", "#", "it's",
        "\\$A", "$", "`", "{", "\t", "|", "&&", "\x1c", "\x0b",
    )
)  # fmt: skip
NAMES: Final = st.sampled_from(("A", "B", "PATH", "npm_token", "x.y", "'C'", "D"))
STRINGS: Final = st.sampled_from(('"a"', '"b c"', '"\\n"', '"\\u00e9"', '"é"', '""'))
FLAGS: Final = st.sampled_from(
    (
        "--mount=type=cache,target=/x",
        "--mount='type=secret,id=a b'",
        '--mount="type=secret,id=c"',
        "--network=none",
        "--mount=type=secret,id=x\\ y",
    )
)
JSON_KEYWORDS: Final = st.sampled_from(
    ("RUN", "CMD", "ENTRYPOINT", "SHELL", "VOLUME", "HEALTHCHECK CMD", "ONBUILD RUN")
)
JOINTS: Final = st.sampled_from(
    (
        " ",
        " ",
        " ",
        "  ",
        "\t",
        " \\\n",
        " \\\n  ",
        "\\\n ",
        " \\ \t\n",
        " \\\n# c\n ",
        " \\\n\n ",
        " \\\r\n ",
        " \\\n  # c \\\n\t",
    )
)
ENDS: Final = st.sampled_from(("\n", "\n", "\n", "\r\n", "\n\n", "\n# c\n", " \n", "\n \t\n", " \\\n\n", "\\\\\n"))
STARTS: Final = st.sampled_from(
    ("", "", "", "# syntax=docker/dockerfile:1\n", "# escape=\\\n", "# c\n", "\ufeff", "\n")
)


@st.composite
def _json(draw: st.DrawFn) -> str:
    items = draw(st.lists(STRINGS, min_size=1, max_size=3))
    return "[" + draw(st.sampled_from((",", ", ", " ,\t", ", \\\n "))).join(items) + "]"


@st.composite
def _pairs(draw: st.DrawFn) -> str:
    pairs = draw(st.lists(st.tuples(NAMES, WORDS), min_size=1, max_size=3))
    return draw(JOINTS).join(f"{name}={value}" for name, value in pairs)


@st.composite
def _text(draw: st.DrawFn) -> str:
    words = draw(st.lists(WORDS, min_size=1, max_size=5))
    return "".join(word + draw(JOINTS) for word in words[:-1]) + words[-1]


@st.composite
def _heredoc(draw: st.DrawFn) -> str:
    opener, name = draw(
        st.sampled_from((("<<E", "E"), ("<<-E", "\tE"), ("<<'E'", "E"), ('3<<"E F"', "E F"), ("<<-F.txt", "F.txt")))
    )
    before = draw(st.sampled_from(("RUN", "COPY", "ONBUILD RUN", "run --network=none", "ADD")))
    body = draw(st.lists(st.sampled_from(("ENV FAKE=1", "# no", "", " E", "EE", "\tx \\", "<<Z", "E ")), max_size=3))
    return "\n".join([f"{before} {opener}{draw(JOINTS)}/dest", *body, name])


@st.composite
def instructions(draw: st.DrawFn) -> str:
    """Make one instruction, its heredocs included, without the last line end."""
    kind = draw(st.integers(0, 9))
    joint = draw(JOINTS)
    match kind:
        case 0:
            return draw(st.sampled_from(("ENV", "LABEL", "env", "ONBUILD ENV"))) + joint + draw(_pairs())
        case 1:
            return draw(st.sampled_from(("ENV", "LABEL"))) + f" {draw(NAMES)}{joint}{draw(WORDS)} {draw(WORDS)}"
        case 2:
            return f"ARG{joint}{draw(_pairs())}{draw(st.sampled_from(('', ' X', ' X Y=1')))}"
        case 3:
            return draw(_heredoc())
        case 4:
            before = draw(JSON_KEYWORDS)
            return before + joint + draw(_json()) + draw(st.sampled_from(("", " ", "\t")))
        case 5:
            return f"COPY --from=x{joint}{draw(st.sampled_from(('a b', '. .', '$A /b', '[ x', '--link c d')))}"
        case 6:
            return f"FROM{joint}{draw(st.sampled_from(('a', 'a AS b', 'b as c', '--platform=x a', '$A', 'b')))}"
        case 7:
            return draw(st.sampled_from(("USER", "WORKDIR", "MAINTAINER", "STOPSIGNAL", "EXPOSE"))) + " z" + draw(WORDS)
        case _:
            flags = "".join(flag + draw(JOINTS) for flag in draw(st.lists(FLAGS, max_size=2)))
            return f"{draw(st.sampled_from(('RUN', 'run', ' RUN', 'ONBUILD RUN')))}{joint}{flags}{draw(_text())}"


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """Make a Dockerfile from the grammar; most are valid."""
    parts = draw(st.lists(st.tuples(instructions(), ENDS), max_size=6))
    last = draw(st.sampled_from(("", "CMD x", "CMD x \\", "CMD x \\\n# c", "# c")))
    return f"{draw(STARTS)}FROM a\n{''.join(part + end for part, end in parts)}{last}"


DAMAGE: Final = st.sampled_from(
    (
        "\\", "\\\n", "\n", " ", "\t", "#", "'", '"', "$", "${", "}", "<<", "<<E", "\nE\n", "[", "]", "--", "=", "\r",
        "\r\n", "`", "\u00a0", "\u2028", "\x0c", "é", "\nENV ", "ONBUILD ", "\nRUN ", " \\\n\n", "\udcff", "\x85", "\0",
    )
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Make a Dockerfile with some pieces put in, and some cut out."""
    text = draw(dockerfiles())
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 3)))
        text = text[:start] + draw(DAMAGE) + text[end:]
    return text
