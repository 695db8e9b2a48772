"""Let the bot run twice over an organisation with a few repositories of every odd kind, and check all promises."""

from __future__ import annotations

from tests.bot.mixed import KINDS, MOMENTS, first, made, second
from tests.bot.world import World


def test_an_organisation_with_every_odd_kind_gets_what_was_promised_and_nothing_twice(org: World) -> None:
    each = 2
    mixed = made(org, number=len(KINDS) * each + 8, leaks=4, each=each)
    mixed.add("renamed-during", range(each, len(MOMENTS)))
    for promises in (first(mixed), second(mixed)):
        assert not [promise for promise in promises if not promise.kept]
    assert not mixed.during, "each of the moments came"
