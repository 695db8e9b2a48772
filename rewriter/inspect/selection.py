"""Leave out of what was found what the settings say: below a severity, or under paths that are excluded."""

from __future__ import annotations

from rewriter.model.inspection import Inspection, Leak, Part
from rewriter.record import replace
from rewriter.settings import Settings
from rewriter.tree.gitignore import GitIgnore


def selected(found: Inspection, settings: Settings) -> Inspection:
    """Return an inspection with the leaks that count; patterns are written from the image's root."""
    ignore = GitIgnore({"": "\n".join(settings.exclude)})

    def counts(leak: Leak) -> bool:
        if leak.severity.rank < settings.min_severity.rank:
            return False
        path = leak.where.partition("!")[0].lstrip("/")
        return leak.part not in (Part.LAYER, Part.CACHE) or not ignore.ignored(path)

    images = tuple(replace(image, leaks=tuple(leak for leak in image.leaks if counts(leak))) for image in found.images)
    return replace(found, images=images, loose=tuple(leak for leak in found.loose if counts(leak)))
