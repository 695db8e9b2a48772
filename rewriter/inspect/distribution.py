"""Tell the files that a distribution or a package brings along: keys and tokens in them are known to everybody.

Test data, manuals and examples are full of keys that look real. They are passed over by where they lie; what a
person put elsewhere in the image never is.
"""

from __future__ import annotations

import re
from typing import Final

_DISTRIBUTION: Final = re.compile(
    r"usr/(?:local/)?share/(?:doc|man|info|locale|perl|perl5|zoneinfo|i18n|keyrings|ca-certificates|mime|bash-completion"
    r"|gnupg|lintian|bug|common-licenses|icons|terminfo|vim|emacs|texmf[^/]*|fonts|zsh|misc|apport|javascript|nodejs"
    r"|python-wheels|cmake[^/]*|gcc|gdb|git-core|maven|ant|java|php|ruby|tcltk|awk|debconf|dpkg)/"
    r"|usr/(?:local/)?include/"
    r"|usr/share/licenses/|usr/lib/(?:locale|gcc|modules|firmware)/"
    r"|(?:usr/)?lib/apk/|var/lib/(?:dpkg|apt|rpm|pacman|yum|dnf)/|var/cache/(?:apt|debconf|man|apk|yum|dnf)/"
    r"|etc/ssl/certs/|etc/pki/(?:ca-trust|tls/certs|rpm-gpg|entitlement)|etc/ssl/private/ssl-cert-snakeoil\.key$"
    r"|etc/apk/keys/|etc/apt/trusted|etc/ca-certificates"
    r"|usr/local/go/(?:src|test|api|doc|misc)/|usr/lib/go[^/]*/|usr/share/go[^/]*/"
)
_PACKAGE: Final = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|node_modules|bower_components|gems/[^/]+|pkg/mod|vendor/(?:bundle|github\.com"
    r"|golang\.org)|registry/src|\.m2/repository|python3(?:\.\d+)?|perl5?|rubygems|corepack|jvm)/"
)
_PROGRAM: Final = re.compile(r"(?:usr/)?(?:local/)?(?:s?bin|lib(?:exec|32|64|x32)?)/")
_EXAMPLE: Final = re.compile(
    r"(?i)(?:^|/)(?:tests?|testing|test[-_]?data|__tests__|spec|specs|fixtures?|examples?|samples?|demos?|docs?|man\d?"
    r"|mocks?|__mocks__|testcases?|idlelib|ensurepip|lib2to3)/"
)
_EXAMPLE_FILE: Final = re.compile(
    r"(?i)(?:^|/)(?:readme|changelog|changes|news|history|license|copying)[^/]*$|\.(?:md|rst|1|3|5|7|8)$"
)


def is_distribution(path: str) -> bool:
    """Tell whether a distribution ships the file, or whether it is an example or a test of a package."""
    if _DISTRIBUTION.match(path):
        return True
    return is_package(path) and bool(_EXAMPLE.search(path) or _EXAMPLE_FILE.search(path))


def is_package(path: str) -> bool:
    """Tell whether the file belongs to an installed package of a language."""
    return _PACKAGE.search(path) is not None


def is_program(path: str) -> bool:
    """Tell whether the file lies where a distribution keeps programs and libraries."""
    return _PROGRAM.match(path) is not None
