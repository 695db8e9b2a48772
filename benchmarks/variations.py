"""Build generated Dockerfiles for real, before and after `fix`, and print what became of them.

    python -m benchmarks.variations [COUNT] [SEED]

Each file mixes a way to declare a secret, a user, a form of RUN, a way to keep the token in a file, an order, line
ends and stages. Each RUN that reads the secret checks its digest, so a build succeeds only if the value arrived; a
stand-in for npm does the same with `.npmrc`. Each file has a value of its own, since BuildKit joins equal steps of
builds that run at the same time: the cache that one exports would hold what another one left behind.

Every original has to build and to leak, which is looked up as well. Of what `fix` rewrites, the figures say how many
build no more and in how many the value is found again: in the layers, history, configuration, log and provenance, and
in the exported cache, which has the layers of every stage. Both have to be 0, also where `fix` refuses a part.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rewriter.model.patch import Patched, Unchanged
from rewriter.pipeline import fix
from rewriter.settings import SecretStyle, Settings
from rewriter.tree.repository import DirectoryRepository
from rewriter.writer import write
from tests.e2e.engine import Engine
from tests.e2e.launch import Silence, find_engine, make_images

_NPM: Final = """\
#!/bin/sh
token="$(env | sed -n 's/^NPM.TOKEN=//p')"  # no file of the context names the variable, as the real npm does not
for rc in ./.npmrc "$HOME/.npmrc"; do
  if [ -s "$rc" ]; then token="$(sed -n 's/.*_authToken=//p' "$rc" | tail -n 1)"; fi
done
printf %s "$token" | sha256sum | grep -q "^DIGEST" || exit 1
mkdir -p node_modules && echo installed > node_modules/done
"""

Declare = Callable[[str], tuple[str, str]]
"""Return the lines that declare a variable, and the name under which commands read it."""

_DECLARE: Final[dict[str, Declare]] = {
    "arg": lambda name: (f"ARG {name}\n", name),
    "lower case": lambda name: (f"arg {name}\n", name),
    "empty default": lambda name: (f"ARG {name}=\n", name),
    "several": lambda name: (f"ARG LANG=C {name} TZ\n", name),
    "to env": lambda name: (f"ARG {name}\nENV {name}=${name}\n", name),
    "alias": lambda name: (f"ARG {name}\nENV AUTH_TOKEN=${{{name}}}\n", "AUTH_TOKEN"),
    "env among others": lambda name: (f"ARG {name}\nENV A=b \\\n    {name}=${{{name}}} \\\n    C=d\n", name),
    "comment": lambda name: (f"# a token\nARG \\\n  # of the registry\n  {name}\n", name),
}

_USER: Final = {
    "root": "",
    "number": "USER 1000\n",
    "number and group": "USER 1000:1000\n",
    "name": "RUN echo app:x:1500:1500::/app:/bin/sh >> /etc/passwd\nUSER app\n",
    "variable": "ARG RUNNER=1000\nUSER $RUNNER\n",
    "default root": "USER root\n",
}

_CHECK: Final = 'printf %s "$NAME" | sha256sum | grep -q ^DIGEST'

_FORM: Final = {
    "list": f"RUN {_CHECK} && echo ok > out\n",
    "sequence": f"RUN set -e; {_CHECK}; echo ok > out\n",
    "traced": f"RUN set -ex; {_CHECK}; echo ok > out\n",
    "strict": f"RUN set -eu && {_CHECK} && echo ok > out\n",
    "branch": f'RUN if [ -n "$NAME" ]; then {_CHECK} && echo ok > out; else exit 1; fi\n',
    "subshell": f"RUN ({_CHECK}) && echo ok > out\n",
    "sh -c": f"RUN sh -c '{_CHECK} && echo ok > out'\n",
    "exec": 'RUN ["sh", "-c", "printf %s \\"$NAME\\" | sha256sum | grep -q ^DIGEST && echo ok > out"]\n',
    "heredoc": f"RUN <<EOF\nset -e\n{_CHECK}\necho ok > out\nEOF\n",
    "quoted heredoc": f"RUN <<'END' sh -e\n{_CHECK}\necho ok > out\nEND\n",
    "continued": f"RUN {_CHECK} \\\n\n    # said twice\n\t&& echo ok > out \\ \n  && true\n",
    "background": f"RUN {_CHECK} && echo ok > out & wait $!\n",
    "or": f"RUN {_CHECK} && echo ok > out || exit 3\n",
    "cache mount": f"RUN --mount=type=cache,target=/cache {_CHECK} && echo ok > out\n",
    "network": f"RUN --network=none {_CHECK} && echo ok > out\n",
    "prints": f"RUN env > /dev/null && {_CHECK} && echo ok > out\n",
}

_WRITE: Final = 'echo "//npm.example.com/:_authToken=$NAME" > .npmrc'
_ADD: Final = _WRITE.replace("> ", ">> ")
_STORE: Final = {
    "nothing": "",
    "tool": "RUN npm ci\n",
    "tool, exec form": 'RUN ["npm", "ci"]\n',
    "one step": f"RUN {_WRITE} && npm ci && rm -f .npmrc\n",
    "left": f"RUN {_WRITE} && npm ci\n",
    "branch": f'RUN if [ -n "$NAME" ]; then {_WRITE}; fi && npm ci\n',
    "two steps": f"RUN {_WRITE}\nRUN npm ci\n",
    "three steps": f"RUN {_WRITE}\nRUN npm ci\nRUN rm .npmrc\n",
    "branch, then another": f'RUN if [ -n "$NAME" ]; then {_WRITE}; fi\nENV A=b\nRUN npm ci\n',
    "long branch": f'RUN if [ -n "$NAME" ]; then \\\n      {_WRITE}; \\\n    fi\nRUN npm ci || \\\n    npm install\n',
    "under a test": f'RUN test -n "$NAME" && {_WRITE} || true\nENV A=b\nRUN npm ci\n',
    "by tee": f"RUN {_WRITE.replace('> .npmrc', '| tee .npmrc')}\nRUN npm ci\n",
    "added to": f'RUN echo "registry=https://npm.example.com" > .npmrc\nRUN {_ADD} && npm ci\nRUN npm ci\n',
    "edited": (
        'RUN echo "//npm.example.com/:_authToken=TOKEN" > .npmrc\nRUN sed -i "s/TOKEN/$NAME/" .npmrc\nRUN npm ci\n'
    ),
    "two writers": f"RUN {_WRITE.replace('npm.example', 'code.example')}\nRUN {_ADD}\nRUN npm ci\n",
    "mode set": f"RUN {_WRITE} && chmod 600 .npmrc\nRUN npm ci\nRUN rm -f .npmrc\n",
    "for the container": 'RUN echo "TOKEN=$NAME" > settings.conf\n',
}


@dataclass(frozen=True, slots=True)
class Variation:
    """Hold one generated Dockerfile, and the choices that it is made of."""

    dockerfile: str
    choices: tuple[str, ...]
    style: SecretStyle


def variation(random_: random.Random, digest: str) -> Variation:
    """Return the next Dockerfile of a seeded generator."""
    chosen = {
        "declared": random_.choice(sorted(_DECLARE)),
        "user": random_.choice(sorted(_USER)),
        "form": random_.choice(sorted(_FORM)),
        "store": random_.choice(sorted(_STORE)),
        "stages": random_.choice(["one", "one", "builder", "inherited", "global"]),
        "lines": random_.choice(["lf", "lf", "crlf"]),
    }
    if chosen["store"].startswith("tool"):
        chosen["declared"] = random_.choice(["arg", "lower case", "several", "to env"])
    lines, name = _DECLARE[chosen["declared"]]("NPM_TOKEN")
    start = "COPY --chmod=755 npm /usr/local/bin/npm\nWORKDIR /app\nRUN chmod 777 /app\n"
    steps = [_FORM[chosen["form"]], _STORE[chosen["store"]]]
    random_.shuffle(steps)
    work = "".join(step.replace("NAME", name).replace("DIGEST", digest) for step in steps)
    left = "/app/out" + ("" if chosen["store"] in ("nothing", "for the container") else " /app/node_modules/done")
    end = f'RUN cat {left}\nEXPOSE 80\nLABEL a=b\nCMD ["cat", "/app/out"]\n'
    user = _USER[chosen["user"]]
    head = "FROM busybox:1"
    match chosen["stages"]:
        case "builder":
            text = f"{head} AS made\n{start}{user}{lines}{work}FROM busybox:1\nCOPY --from=made /app /app\n{end}"
        case "inherited":
            text = f"{head} AS root\n{start}{lines}FROM root\n{user}{work}{end}"
        case "global" if lines.startswith("ARG NPM_TOKEN\n"):
            text = f"ARG NPM_TOKEN\n{head}\n{start}{user}{lines}{work}{end}"
        case _:
            text = f"{head}\n{start}{user}{lines}{work}{end}"
    if chosen["lines"] == "crlf" and "heredoc" not in chosen["form"]:
        text = text.replace("\n", "\r\n")
    style = random_.choice([SecretStyle.AUTO, SecretStyle.AUTO, SecretStyle.FILE])
    return Variation(text, (*(f"{key}: {value}" for key, value in chosen.items()), f"style: {style}"), style)


def tried(engine: Engine, made: Variation, canary: str, digest: str) -> tuple[str, str]:
    """Build one variation before and after; return what became of it, and why.

    The images stay to the end: others are built on their layers at the same time. What is built after gets another
    value: where both come to the same files, BuildKit exports with the cache of the one the layers of the other.
    """
    with tempfile.TemporaryDirectory(prefix="unbake-variation-") as name:
        folder = Path(name)
        (folder / "Dockerfile").write_text(made.dockerfile, "utf-8", newline="")
        (folder / "npm").write_text(_NPM.replace("DIGEST", digest), "utf-8")
        before = engine.build(folder, build_args={"NPM_TOKEN": canary}, no_cache=False)
        if not before.ok:
            return "does not build before", before.log[-1500:]
        if not engine.leaks(canary.encode(), before):
            return "does not leak before", made.dockerfile
        canary = _canary()
        for file in (folder / "Dockerfile", folder / "npm"):
            file.write_bytes(file.read_bytes().replace(digest.encode(), _digest(canary).encode()))
        outcome = fix(DirectoryRepository(folder), Settings(secret_style=made.style))
        if not isinstance(outcome, Patched):
            assert isinstance(outcome, Unchanged), outcome
            reasons = {f"{one.reason}: {one.detail}" for one in outcome.report.refusals}
            return "refused", min(reasons, default="no reason")
        write(folder, outcome.patch.files, outcome.patch.values)
        given = {secret.id: canary for secret in outcome.patch.secrets}
        after = engine.build(folder, secrets=given, no_cache=False, export_cache=engine.keeps_provenance)
        if not after.ok:
            return "builds no more", (folder / "Dockerfile").read_text("utf-8") + after.log[-2500:]
        if found := engine.leaks(canary.encode(), after):
            return "leaks", f"{found}\n{(folder / 'Dockerfile').read_text('utf-8')}"
        if outcome.report.refusals:
            return "fixed in part", str({one.reason for one in outcome.report.refusals})
        return "fixed", ""


def _canary() -> str:
    return f"cnry{secrets.token_hex(12)}"


def _digest(canary: str) -> str:
    return hashlib.sha256(canary.encode()).hexdigest()


def main(argv: list[str]) -> int:
    """Run the benchmark; return 1 when a build broke or leaked."""
    count = int(argv[1]) if len(argv) > 1 else 200
    seed = int(argv[2]) if len(argv) > 2 else 1
    engine_found = find_engine()
    if isinstance(engine_found, Silence):
        print(f"no Docker engine: {engine_found.reason}", file=sys.stderr)
        return 2
    random_ = random.Random(seed)
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    by_choice: dict[str, Counter[str]] = {}
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="unbake-variations-") as scratch:
        engine = Engine(Path(scratch), engine_found.environment)
        images = make_images(engine.environment)
        if isinstance(images, Silence):
            print(f"no base images: {images.reason}", file=sys.stderr)
            return 2
        engine.know(images)
        canaries = [_canary() for _ in range(count)]
        made = [variation(random_, _digest(canary)) for canary in canaries]
        try:
            with ThreadPoolExecutor(max_workers=4) as pool:
                tries = pool.map(lambda one, canary: tried(engine, one, canary, _digest(canary)), made, canaries)
                for one, (outcome, why) in zip(made, tries, strict=True):
                    outcomes[outcome] += 1
                    for choice in one.choices:
                        by_choice.setdefault(choice, Counter())[outcome] += 1
                    if outcome == "refused":
                        reasons[why.split(": ", 1)[0]] += 1
                    elif outcome != "fixed":
                        print(f"--- {outcome}: {', '.join(one.choices)}\n{why}\n", flush=True)
            _show(outcomes, reasons, by_choice)
        finally:
            engine.close()
    print(f"{count} variations (seed {seed}) in {time.monotonic() - started:.0f} s")
    return 1 if outcomes["builds no more"] or outcomes["leaks"] else 0


def _show(outcomes: Counter[str], reasons: Counter[str], by_choice: dict[str, Counter[str]]) -> None:
    total = outcomes.total()
    for title, counts in (("outcome", outcomes), ("refused because", reasons)):
        print(f"\n| {title} | files | share |\n| --- | ---: | ---: |")
        for name, number in counts.most_common():
            print(f"| {name} | {number} | {number / total:.1%} |")
    print("\n| choice | files | fixed | refused |\n| --- | ---: | ---: | ---: |")
    for choice in sorted(by_choice):
        counts = by_choice[choice]
        print(f"| {choice} | {counts.total()} | {counts['fixed']} | {counts['refused']} |")


if __name__ == "__main__":
    sys.exit(main(sys.argv))
