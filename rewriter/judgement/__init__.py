"""Decide whether a name, a value, a file or a word of a command is a credential.

Everything here is pure: text in, verdicts out. No verdict shows a secret's value.
"""

from __future__ import annotations

from rewriter.judgement.argument import Argument, Word, is_drawn_or_mounted
from rewriter.judgement.commands import command_credentials, text_credentials
from rewriter.judgement.contents import file_content
from rewriter.judgement.files import (
    KEY_MARK,
    copied_file,
    credential_file,
    is_harmless,
    may_be_credential_file,
    may_be_key_inside,
    secret_id,
)
from rewriter.judgement.key_files import key_file, may_name_key_file, ssh_key_file
from rewriter.judgement.kingfisher import KingfisherRules, installed_rules
from rewriter.judgement.names import judge_name
from rewriter.judgement.pairs import judge_pair, spells_name
from rewriter.judgement.pipes import piped_password
from rewriter.judgement.providers import ProviderRules, TableRules, provider_token
from rewriter.judgement.suspicion import acquaint, may_hold_credential
from rewriter.judgement.texts import password_hashes
from rewriter.judgement.urls import url_credentials
from rewriter.judgement.values import judge_value
from rewriter.judgement.verdicts import (
    Assignment,
    Category,
    Certainty,
    CommandCredential,
    ContentVerdict,
    FileVerdict,
    NameVerdict,
    PairVerdict,
    ProviderMatch,
    UrlCredential,
    ValueKind,
    ValueVerdict,
)

__all__ = [
    "KEY_MARK",
    "Argument",
    "Assignment",
    "Category",
    "Certainty",
    "CommandCredential",
    "ContentVerdict",
    "FileVerdict",
    "KingfisherRules",
    "NameVerdict",
    "PairVerdict",
    "ProviderMatch",
    "ProviderRules",
    "TableRules",
    "UrlCredential",
    "ValueKind",
    "ValueVerdict",
    "Word",
    "acquaint",
    "command_credentials",
    "copied_file",
    "credential_file",
    "file_content",
    "installed_rules",
    "is_drawn_or_mounted",
    "is_harmless",
    "judge_name",
    "judge_pair",
    "judge_value",
    "key_file",
    "may_be_credential_file",
    "may_be_key_inside",
    "may_hold_credential",
    "may_name_key_file",
    "password_hashes",
    "piped_password",
    "provider_token",
    "secret_id",
    "spells_name",
    "ssh_key_file",
    "text_credentials",
    "url_credentials",
]
