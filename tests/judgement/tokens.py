"""Build inert tokens in the shapes of real providers; in pieces, so that no scanner of pushes stops at them."""

from __future__ import annotations

A36 = "A1b2C3d4E5" * 3 + "f6G7h8"
HEX32 = "9f8b1c7d" + "03a5e642" + "7cd1f09b" + "5e4a8d36"
HEX40 = HEX32 + "1b9e7f02"
HEX64 = HEX32 + HEX32[::-1]
BASE40 = "VaE3uUs6XMyk4NUA1tSP" + "riZBcNlPwjroRFGeVL7y"

TOKENS = {
    "github-pat": "ghp_" + A36,
    "github-pat fine": "github_" + "pat_" + "11ABCDEFG0" + A36 + "_" + A36,
    "github-pat oauth": "gho_" + A36,
    "github-app-key": "ghs_" + A36,
    "gitlab-pat": "glpat-" + "x9Kq2mVb7RtZ4pLw8sNd",
    "npm": "npm_" + A36,
    "pypi": "pypi-" + "AgEIk3JfQm8ZrT5" + A36 + A36,
    "rubygems": "rubygems_" + HEX32 + HEX32[:16],
    "aws": "AKIA" + "J7QX4MZ2PLR9VTNB",
    "slack-token": "xoxb-" + "2147483647-9876543210-" + "k3JfQm8ZrT5vXw1Yb7Np",
    "stripe": "sk_" + "live_" + "4kT9xQ2mVb7RtZ8pLw3s",
    "dockerhub": "dckr_" + "pat_" + "x9Kq2mVb7RtZ4pLw8sNdQ5fG1hJ",
    "gcp-api-key": "AIza" + "SyB7k2Qx9mVtZ4pLw8sNdR5fG1hJ3cYuE0a",
    "gcp-sa": "ya29." + "a0AfB7k2Qx9mVtZ4pLw8sNdR5fG1hJ3cYuE0a",
    "openai": "sk-" + "proj-" + "B7k2Qx9mVtZ4pLw8sNdR5fG1hJ3cYuE0aB7k2Qx9mVt",
    "anthropic": "sk-" + "ant-" + "api03-" + "B7k2Qx9mVtZ4pLw8sNdR5fG1hJ3cYuE0aB7k2Qx9mVt",
    "huggingface": "hf_" + "QxmVtZpLwsNdRfGhJcYuEaBkTnWvXqKzHr",
    "sendgrid": "SG." + "B7k2Qx9mVtZ4pLw8sNdR5f" + "." + "G1hJ3cYuE0aB7k2Qx9mVtZ4pLw8sNdR5fG1hJ3cYuE0",
    "mailgun": "key-" + HEX32,
    "mailchimp": HEX32 + "-us14",
    "digitalocean": "dop_" + "v1_" + HEX64,
    "newrelic": "NRAK-" + "B7K2QX9MVTZ4PLW8SNDR5FG1HJ3",
    "sentry": "sntrys_" + "eyJpYXQiOjE3MDAwMDAwMDB9" + A36 + A36,
    "terraform": "B7k2Qx9mVtZ4pL" + ".atlasv1." + A36 + A36[:28],
    "vault": "hvs." + "CAESIB7k2Qx9mVtZ4pLw8sNdR5fG1hJ3",
    "doppler": "dp." + "st." + "prd." + A36 + "zQ9x",
    "netlify": "nfp_" + A36,
    "artifactory": "AKCp" + "8" + A36 + A36[:28],
    "sonar": "sqp_" + HEX40,
    "postman": "PMAK-" + HEX32[:24] + "-" + HEX32 + "a1",
    "linear": "lin_" + "api_" + A36 + "zQ9x",
    "tailscale": "tskey-" + "auth-" + "kB7Qx9mVtZ4p-" + "Lw8sNdR5fG1hJ3cYuE0aB7k2Qx9mVtZ4",
    "databricks": "dapi" + HEX32,
    "telegram-bot": "123456789:" + "AA" + "HdB7k2Qx9mVtZ4pLw8sNdR5fG1hJ3cYuE",
    "atlassian": "ATATT3" + A36 + A36,
    "grafana": "glsa_" + "B7k2Qx9mVtZ4pLw8sNdR5fG1hJ3cYuE0" + "_1a2b3c4d",
    "pulumi": "pul-" + HEX40,
    "shopify": "shpat_" + HEX32,
    "square": "sq0" + "atp-" + "B7k2Qx9mVtZ4pLw8sNdR5f",
    "facebook": "EAACEd" + "Eose0cBA" + A36,
    "heroku": "HRKU-" + A36 + A36[:8],
    "circleci": "CCIPAT_" + "B7k2Qx9mVtZ4pLw8sNdR5f" + "_" + HEX40,
    "notion": "ntn_" + "48213750962" + A36[:35],
    "azure-sp": "B7k" + "8Q~" + "x9mVtZ4pLw8sNdR5fG1hJ3cYuE0aB7k2Q",
}

PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEAw1b2c3d4e5f6\n" * 4 + "-----END RSA " + "PRIVATE KEY-----\n"
)
SIGNED = (
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiJzdmMtNzciLCJpYXQiOjE3MDB9" + ".k3JfQm8ZrT5vXw1Yb7NpQ2mVtZ4pLw8sNdR5fG1hJ3c"
)
