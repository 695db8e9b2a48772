"""List the token shapes that providers document. Data only: a new provider is one row here.

A row is the provider's id, the category, the texts of which one must occur, and the shape itself; where the
shape has a group, the group is the secret. The ids are those under which rotation is described.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from rewriter.judgement.verdicts import Category


class Shape(NamedTuple):
    """Describe one kind of token."""

    provider: str
    category: Category
    hints: tuple[str, ...]
    pattern: str
    companion: bool = False
    sure: bool = True


_T: Final = Category.TOKEN
_K: Final = Category.API_KEY
_C: Final = Category.CLOUD_KEY
_LEFT: Final = r"(?<![A-Za-z0-9_\-])"
_RIGHT: Final = r"(?![A-Za-z0-9_\-])"
_HEX: Final = "[0-9a-f]"


def _row(
    provider: str, category: Category, hints: str, pattern: str, *, companion: bool = False, sure: bool = True
) -> Shape:
    return Shape(provider, category, tuple(hints.split()), _LEFT + pattern + _RIGHT, companion, sure)


SHAPES: Final = (
    _row("github-pat", _T, "ghp_ gho_ ghu_ ghr_", r"gh[poru]_[A-Za-z0-9]{36,255}"),
    _row("github-pat", _T, "github_pat_", r"github_pat_[A-Za-z0-9_]{36,255}"),
    _row("github-app-key", _T, "ghs_", r"ghs_[A-Za-z0-9]{36,520}"),
    _row("gitlab-pat", _T, "glpat- gldt- glcbt- glrt- glptt- glft- glsoat- glimt- glagent- GR1348941",
         r"(?:gl(?:pat|dt|rt|ptt|ft|soat|imt|agent|cbt)-[A-Za-z0-9_\-.]{20,300}|GR1348941[A-Za-z0-9_\-]{20})"),
    _row("npm", _T, "npm_", r"npm_[A-Za-z0-9]{36}"),
    _row("pypi", _T, "pypi-", r"pypi-AgE[A-Za-z0-9_\-]{50,1000}"),
    _row("rubygems", _T, "rubygems_", rf"rubygems_{_HEX}{{48}}"),
    _row("crates", _T, "cio", r"cio[A-Za-z0-9]{32}"),
    _row("aws", _C, "AKIA ASIA ABIA ACCA", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}", companion=True),
    _row("slack-token", _T, "xox", r"xox[abeoprs]-(?:[0-9A-Za-z]+-){1,4}[0-9A-Za-z]{10,250}"),
    _row("slack-token", _T, "xapp-", r"xapp-[0-9]-[A-Z0-9]{8,20}-[0-9]{8,20}-[a-f0-9]{40,80}"),
    _row("stripe", _K, "sk_live_ rk_live_ whsec_",
         r"(?:(?:sk|rk)_live_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/]{32,64}=*)"),
    _row("stripe", _K, "sk_test_ rk_test_", r"(?:sk|rk)_test_[A-Za-z0-9]{16,250}", sure=False),
    _row("dockerhub", _T, "dckr_pat_ dckr_oat_", r"dckr_[po]at_[A-Za-z0-9_\-]{27,60}"),
    _row("gcp-api-key", _K, "AIza", r"AIza[A-Za-z0-9_\-]{35}"),
    _row("gcp-sa", _T, "ya29.", r"ya29\.[A-Za-z0-9_\-]{30,1000}"),
    _row("gcp-sa", _T, "GOCSPX-", r"GOCSPX-[A-Za-z0-9_\-]{28}"),
    _row("openai", _K, "T3BlbkFJ", r"sk-(?:[A-Za-z0-9]+-)?[A-Za-z0-9_\-]{16,200}T3BlbkFJ[A-Za-z0-9_\-]{16,200}"),
    _row("openai", _K, "sk-proj- sk-svcacct-", r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_\-]{40,250}"),
    _row("anthropic", _K, "sk-ant-", r"sk-ant-[a-z]+[0-9]{2}-[A-Za-z0-9_\-]{40,200}"),
    _row("huggingface", _T, "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z]{34,40}"),
    _row("sendgrid", _K, "SG.", r"SG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{32,64}"),
    _row("twilio", _K, "SK", rf"SK{_HEX}{{32}}", sure=False),
    _row("mailgun", _K, "key-", rf"key-{_HEX}{{32}}"),
    _row("mailchimp", _K, "-us", rf"{_HEX}{{32}}-us[0-9]{{1,2}}"),
    _row("digitalocean", _T, "dop_v1_ doo_v1_ dor_v1_", rf"do[opr]_v1_{_HEX}{{64}}"),
    _row("heroku", _K, "HRKU-", r"HRKU-[A-Za-z0-9_\-]{36,80}"),
    _row("newrelic", _K, "NRAK- NRII- NRAL", r"(?:NRAK-[A-Z0-9]{27}|NRII-[A-Za-z0-9_\-]{32})"),
    _row("sentry", _T, "sntrys_ sntryu_", r"(?:sntrys_[A-Za-z0-9+/=_\-]{60,500}|sntryu_[0-9a-f]{64})"),
    _row("circleci", _T, "CCIPAT_ CCIPRJ_", rf"CCIP(?:AT|RJ)_[A-Za-z0-9]{{15,30}}_{_HEX}{{40}}"),
    _row("terraform", _T, ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-]{60,70}"),
    _row("vault", _T, "hvs. hvb. hvr.", r"hv[sbr]\.[A-Za-z0-9_\-]{24,300}"),
    _row("doppler", _T, "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9\-_]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    _row("vercel", _T, "vcp_ vci_ vca_ vcr_ vck_", r"vc[piark]_[A-Za-z0-9]{24,80}", sure=False),
    _row("netlify", _T, "nfp_", r"nfp_[A-Za-z0-9]{36,44}"),
    _row("artifactory", _K, "AKCp", r"AKCp[0-9][A-Za-z0-9]{60,80}"),
    _row("artifactory", _T, "cmVmdGtu", r"cmVmdGtu[A-Za-z0-9]{50,64}"),
    _row("sonar", _T, "sqp_ squ_ sqa_", rf"sq[pua]_{_HEX}{{40}}"),
    _row("snyk", _T, "snyk_", r"snyk_[usp]at\.[A-Za-z0-9]{8}\.[A-Za-z0-9_\-.]{30,200}"),
    _row("postman", _K, "PMAK-", rf"PMAK-{_HEX}{{24}}-{_HEX}{{34}}"),
    _row("notion", _T, "ntn_", r"ntn_[0-9]{8,12}[A-Za-z0-9]{32,40}"),
    _row("linear", _K, "lin_api_ lin_oauth_", r"lin_(?:api|oauth)_[A-Za-z0-9]{40,64}"),
    _row("tailscale", _T, "tskey-", r"tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{6,24}-[A-Za-z0-9]{20,40}"),
    _row("databricks", _T, "dapi", rf"dapi{_HEX}{{32}}(?:-[0-9])?"),
    _row("discord-bot", _T, "M N O",
         r"[MNO][A-Za-z0-9_\-]{23,27}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,38}", sure=False),
    _row("telegram-bot", _T, ":AA", r"(?:bot)?[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}"),
    _row("atlassian", _T, "ATATT3 ATCTT3 ATBB", r"(?:AT[AC]TT3[A-Za-z0-9_\-=]{60,250}|ATBB[A-Za-z0-9]{32})"),
    _row("grafana", _T, "glsa_ glc_", r"(?:glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/=]{32,400})"),
    _row("pulumi", _T, "pul-", rf"pul-{_HEX}{{40}}"),
    _row("shopify", _T, "shpat_ shpca_ shppa_ shpss_", rf"shp(?:at|ca|pa|ss)_{_HEX}{{32}}"),
    _row("square", _T, "sq0 EAAA", r"(?:sq0(?:atp|csp)-[A-Za-z0-9_\-]{22,43}|EAAA[A-Za-z0-9_\-]{60})"),
    _row("facebook", _T, "EAACEdEose0cBA", r"EAACEdEose0cBA[A-Za-z0-9]{20,250}"),
    _row("age", Category.PRIVATE_KEY, "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    _row("azure-sp", _C, "8Q~ 7Q~", r"[A-Za-z0-9_~.\-]{3}[78]Q~[A-Za-z0-9_~.\-]{31,34}"),
    Shape("azure-storage", _C, ("AccountKey=", "SharedAccessKey="),
          r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,88}={0,2})"),
    Shape("slack-webhook", Category.WEBHOOK, ("hooks.slack.com",),
          r"https://hooks\.slack\.com/(?:services|workflows|triggers)/"
          r"([A-Za-z0-9]{6,20}/[A-Za-z0-9]{6,20}/[A-Za-z0-9/]{16,100})"),
    Shape("discord-webhook", Category.WEBHOOK, ("/api/webhooks/",),
          r"https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/([0-9]{15,22}/[A-Za-z0-9_\-]{50,90})"),
    Shape("teams-webhook", Category.WEBHOOK, ("webhook.office.com",),
          r"https://[a-z0-9\-]{1,60}\.webhook\.office\.com/webhookb2/"
          r"([A-Za-z0-9@\-]{36,120}/[A-Za-z]+/[0-9a-f]{32}/[0-9a-f\-]{36})"),
)  # fmt: skip
