"""Find the repositories of a run: those of an organisation or user, those of a list, or both."""

from __future__ import annotations

from rewriter.bot.options import Options
from rewriter.scm.forge import Forge, ForgeError, Listing, RemoteRepository


def discover(forge: Forge, options: Options) -> Listing:
    """Return the repositories; a name that leads nowhere is told as missing."""
    listing = Listing(())
    if options.owner and (options.all_of_owner or not options.names):
        listing = forge.repositories(options.owner)
    found = {one.id: one for one in listing.repositories}
    missing = []
    for name in options.names:
        one = _named(forge, name)
        if one is None:
            missing.append(name)
        else:
            found[one.id] = one
    return Listing(tuple(found.values()), listing.hidden, tuple(missing))


def _named(forge: Forge, name: str) -> RemoteRepository | None:
    try:
        return forge.repository(name)
    except ForgeError as error:
        if error.status not in (403, 404, 451):
            raise
        return None
