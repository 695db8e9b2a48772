from __future__ import annotations

from rewriter.documents.dockerfile import Dockerfile, Kind, Scope, scope
from rewriter.documents.dockerfile.variables import MAX_GROWN
from tests.documents.dockerfile.reading import read


def at(document: Dockerfile, line: int) -> Scope:
    return scope(document, next(item for item in document.instructions if item.line == line))


def seen(document: Dockerfile, line: int) -> dict[str, tuple[str, str | None]]:
    return {
        name: (str(binding.kind), binding.default.value if binding.default else None)
        for name, binding in at(document, line).items()
    }


def test_what_an_instruction_sees_is_defined_before_it() -> None:
    document = read("FROM a\nARG A=1\nENV B=2\nENV C=3\nRUN x")
    assert seen(document, 2) == {}
    assert seen(document, 4) == {"A": ("ARG", "1"), "B": ("ENV", "2")}
    assert seen(document, 5) == {"A": ("ARG", "1"), "B": ("ENV", "2"), "C": ("ENV", "3")}


def test_global_args_are_seen_by_from_and_by_those_who_redeclare_them() -> None:
    document = read("ARG A=1\nARG B=$A C\nFROM x:$A\nARG A\nARG B=own\nARG C\nARG D\nRUN x\nFROM y\nRUN z")
    assert seen(document, 2) == {"A": ("ARG", "1")}
    assert seen(document, 3) == {"A": ("ARG", "1"), "B": ("ARG", "$A"), "C": ("ARG", None)}
    assert seen(document, 4) == {}
    assert seen(document, 8) == {"A": ("ARG", "1"), "B": ("ARG", "own"), "C": ("ARG", None), "D": ("ARG", None)}
    assert seen(document, 9) == seen(document, 3)
    assert seen(document, 10) == {}
    inherited = {name: binding.inherited_from_global for name, binding in at(document, 8).items()}
    assert inherited == {"A": True, "B": False, "C": True, "D": False}


def test_a_stage_hands_arg_and_env_on() -> None:
    document = read(
        "FROM a AS Base\nARG A=1\nENV B=2\nFROM base AS c\nRUN x\nFROM other\nRUN y\nFROM c\nENV B=3\nRUN z"
    )
    assert seen(document, 5) == {"A": ("ARG", "1"), "B": ("ENV", "2")}
    assert seen(document, 7) == {}
    assert seen(document, 10) == {"A": ("ARG", "1"), "B": ("ENV", "3")}
    assert at(document, 5)["A"].stage == 0


def test_siblings_do_not_see_each_other() -> None:
    document = read("FROM a AS b\nENV A=1\nFROM b AS c\nENV A=2 B=2\nFROM b\nRUN x")
    assert seen(document, 6) == {"A": ("ENV", "1")}


def test_the_last_definition_with_a_value_wins() -> None:
    document = read("FROM a\nARG A=1\nENV A=2\nRUN x\nARG A\nRUN x\nARG A=3\nRUN x")
    assert at(document, 4)["A"].kind is Kind.ENV
    assert at(document, 6)["A"].kind is Kind.ENV
    assert at(document, 8)["A"].kind is Kind.ARG
    assert [binding.kind for binding in at(document, 8).every("A")] == [Kind.ARG, Kind.ENV, Kind.ARG, Kind.ARG]


def test_every_definition_of_a_name_along_the_stages() -> None:
    document = read("FROM a AS b\nENV A=1\nFROM x\nENV A=9\nFROM b\nENV A=2\nRUN x")
    assert [binding.instruction.line for binding in at(document, 7).every("A")] == [2, 6]
    assert at(document, 7).every("B") == ()


def test_known_values() -> None:
    document = read("FROM a\nARG R=1\nENV A=x B=$A\nENV A=y\nENV B=$A C=$R D=$PATH E='$A'\nRUN x")
    values = {name: binding.value for name, binding in at(document, 6).items()}
    assert values == {"R": None, "A": "y", "B": "y", "C": None, "D": None, "E": "$A"}
    assert at(document, 4).value("B") is None
    assert at(document, 4).value("nothing") is None


def test_onbuild_takes_effect_in_the_stages_built_on_it() -> None:
    document = read(
        "FROM a AS b\nONBUILD ENV A=1\nENV B=2\nONBUILD ARG C\nRUN x\nFROM b AS c\nRUN y\nFROM c\nRUN z\nFROM b\nRUN w"
    )
    assert set(seen(document, 5)) == {"B"}
    assert set(seen(document, 7)) == {"A", "B", "C"}
    assert set(seen(document, 9)) == {"A", "B", "C"}
    assert set(seen(document, 11)) == {"A", "B", "C"}


def test_a_scope_is_a_mapping() -> None:
    document = read("FROM a\nENV A=1 B=2 A=3\nRUN x")
    visible = at(document, 3)
    assert (len(visible), list(visible), "A" in visible, "C" in visible) == (2, ["A", "B"], True, False)
    assert visible.get("C") is None


def test_a_long_chain_of_stages_costs_no_more_than_its_length() -> None:
    count = 3000
    document = read("FROM a AS s\n" + "FROM s AS s\nENV A=1\n" * count + "RUN x")
    visible = scope(document, document.instructions[-1])
    assert len(visible.every("A")) == count
    track = visible._timeline.tracks["A"]
    assert len(track.moments) == 2 * count


def test_values_do_not_grow_without_bound() -> None:
    document = read(f"FROM a\nENV A={'x' * 30_000}\n" + "ENV B=y$A\n" * (MAX_GROWN // 30_000 + 2) + "ENV C=z\nRUN x")
    visible = scope(document, document.instructions[-1])
    assert [visible[name].value is None for name in "ABC"] == [False, True, True]
    assert len([binding for binding in visible.every("B") if binding.value]) == MAX_GROWN // 30_000 + 1
