"""Compare with shfmt: the same number of simple commands, the same uses of variables."""

from __future__ import annotations

import pytest

from tests.peers.shfmt_reading import read_with_ours, read_with_shfmt, shfmt_path

pytestmark = pytest.mark.skipif(shfmt_path() is None, reason="shfmt-py has no wheel for this platform")

BODIES = [
    "npm ci",
    "apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*",
    'echo "//registry/:_authToken=${NPM_TOKEN}" > .npmrc && npm ci && rm -f .npmrc',
    "git clone https://$USER:${TOKEN}@host/$A-$B.tgz name-$VER || exit 1",
    'set -eux; export X=1 Y; cd /tmp; for i in 1 2 $LIST; do curl -H "Authorization: $T" $URL/$i; done',
    'if [ "$A" = "b" ]; then c; elif test -n "${D:-}"; then e; else f $G; fi',
    'case $(uname -m) in x86_64|amd64) A=1 ;; aarch64) A=$B ;; *) echo "bad $(arch)" >&2; exit 1 ;; esac',
    'a=`b "$C"` && d `e \\`f $G\\``',
    "cat <<EOF > x && y\n$A ${B} $(c $D) \\$E `f`\nEOF\n",
    "cat <<'EOF' > x\n$A\nEOF\ncat <<-EOF\n\t$B\n\tEOF\nc",
    'echo ${X:-${Y:-$Z}} ${X//$A/$B} ${#X} ${!X} ${X[@]} ${X[$i]} ${X:$A:B} "${X%%\\}*}"',
    "echo $((A + $B * ${C})) $(( (D) << 2 ))",
    "((i++)); while ((i < N)); do a; done; for ((i = 0; i < M; i++)); do b; done",
    '[[ $A == b* && -f "$C" || $D =~ ^(e|f)$ ]] && g',
    'f() { local x=$1; g "$@"; }; function h { i $?; }; f | h |& j',
    'a=(x "$Y" $(z)) b+=($C); declare -a d=($E)',
    'diff <(a $B) >(c) <<< "$D"',
    "sh -c 'echo $A' && bash -c \"echo $B \\$C\"",
    "! a | b && time c; { d; } > $E 2>&1; (f; g) &",
    "> x; A=1; A=$B C=d",
    'sudo -E env A="$B" c \\\n  d # $E\n',
    "echo 'it'\"'\"'s $A' \"$B\"'$C'\\$D",
    "until a; do b; done; select x in $A; do c; done",
    'let x=1; export A="$B" C; readonly D=$E; eval "$F"',
    "echo $'a\\'$B' $\"c $D\" $1 $@ $* $# $- $! $$ ${10}",
    "a && # $B\n c ||\n d",
    "echo \"${C#'$D'}\" ${E:-'$F'}",
    'echo é $A ü "$B"',
]


@pytest.mark.parametrize("body", BODIES)
def test_both_see_the_same(body: str) -> None:
    assert read_with_ours(body) == read_with_shfmt(body)


def test_single_quotes_in_a_default_in_double_quotes_hide_nothing_from_us() -> None:
    """Bash and dash expand `$B` here; shfmt takes the quotes for quotes."""
    assert {name for name, _ in read_with_ours("echo \"${A:-'$B'}\"").uses} == {"A", "B"}
