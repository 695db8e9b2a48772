"""List the files that hold credentials, by name. Data only: a new file is one row here."""

from __future__ import annotations

from typing import Final, NamedTuple

from rewriter.judgement.verdicts import Category, Certainty
from rewriter.judgement.wordlist import wordset


class FileRow(NamedTuple):
    """Describe one kind of file; `folders`: the path must hold one of these parts, unless there are none."""

    kind: str
    category: Category
    certainty: Certainty
    folders: tuple[str, ...] = ()


_SURE: Final = Certainty.NAME_ALONE
_LOOK: Final = Certainty.NEEDS_CONTENT
_FILE: Final = Category.CREDENTIAL_FILE
_REGISTRY: Final = Category.REGISTRY_AUTH
_KEY: Final = Category.PRIVATE_KEY
_CLOUD: Final = Category.CLOUD_KEY
_PASSWORD: Final = Category.PASSWORD

NAMES: Final[dict[str, tuple[FileRow, ...]]] = {
    name: (row,)
    for row, names in (
        (FileRow("npmrc", _REGISTRY, _LOOK), ".npmrc npmrc"),
        (FileRow("yarnrc", _REGISTRY, _LOOK), ".yarnrc.yml .yarnrc.yaml .yarnrc"),
        (FileRow("bunfig", _REGISTRY, _LOOK), "bunfig.toml"),
        (FileRow("netrc", _PASSWORD, _SURE), ".netrc _netrc netrc"),
        (FileRow("authinfo", _PASSWORD, _SURE), ".authinfo"),
        (FileRow("pip-conf", Category.INDEX_URL, _LOOK), "pip.conf pip.ini .pip.conf"),
        (FileRow("pypirc", _REGISTRY, _LOOK), ".pypirc"),
        (FileRow("condarc", Category.INDEX_URL, _LOOK), ".condarc"),
        (FileRow("uv-toml", Category.INDEX_URL, _LOOK), "uv.toml"),
        (FileRow("ssh-key", _KEY, _SURE),
         ("id_rsa id_dsa id_ecdsa id_ed25519 id_ecdsa_sk id_ed25519_sk identity.pem ssh_host_rsa_key ssh_host_dsa_key "
         "ssh_host_ecdsa_key ssh_host_ed25519_key deploy_key deploykey github_rsa bitbucket_rsa gitlab_rsa")),
        (FileRow("git-credentials", _PASSWORD, _SURE), ".git-credentials git-credentials"),
        (FileRow("gitconfig", _PASSWORD, _LOOK), ".gitconfig"),
        (FileRow("gradle-properties", _REGISTRY, _LOOK), "gradle.properties"),
        (FileRow("nuget-config", _REGISTRY, _LOOK), "nuget.config"),
        (FileRow("kubeconfig", _FILE, _SURE), "kubeconfig kubeconfig.yaml kubeconfig.yml .kubeconfig"),
        (FileRow("docker-config", _REGISTRY, _SURE), ".dockercfg .dockerconfigjson"),
        (FileRow("htpasswd", _PASSWORD, _SURE), ".htpasswd htpasswd"),
        (FileRow("vault-token", Category.TOKEN, _SURE), ".vault-token"),
        (FileRow("vault-password", _PASSWORD, _SURE), ".vault_pass .vault_pass.txt .vault-pass vault_pass.txt"),
        (FileRow("pgpass", _PASSWORD, _SURE), ".pgpass pgpass pgpass.conf"),
        (FileRow("my-cnf", _PASSWORD, _LOOK), ".my.cnf .mylogin.cnf"),
        (FileRow("s3cfg", _CLOUD, _SURE), ".s3cfg .passwd-s3fs passwd-s3fs .boto .mc-config"),
        (FileRow("rclone-conf", _CLOUD, _SURE), "rclone.conf"),
        (FileRow("tfstate", _CLOUD, _LOOK), "terraform.tfstate terraform.tfstate.backup"),
        (FileRow("tfvars", _CLOUD, _LOOK), "terraform.tfvars terraform.tfvars.json"),
        (FileRow("terraformrc", Category.TOKEN, _LOOK), ".terraformrc terraform.rc credentials.tfrc.json"),
        (FileRow("rails-master-key", Category.SIGNING_KEY, _SURE), "master.key"),
        (FileRow("rails-secrets", Category.SIGNING_KEY, _LOOK), ("secrets.yml secrets.yaml secrets.json secrets.toml "
         "secret.yml secret.yaml secret.json")),
        (FileRow("wp-config", Category.DATABASE_URL, _LOOK), "wp-config.php"),
        (FileRow("gem-credentials", _REGISTRY, _SURE), ".gem-credentials"),
        (FileRow("keyfile", _PASSWORD, _SURE), ("secret.txt secrets.txt password.txt passwords.txt "
         "token.txt tokens.txt "
         "oauth.txt passwd.txt credentials.txt creds.txt apikey.txt api_key.txt secret.key")),
        (FileRow("vnc-password", _PASSWORD, _SURE), ".vncpasswd vncpasswd"),
        (FileRow("xauthority", _FILE, _SURE), ".xauthority"),
        (FileRow("shell-history", _FILE, _SURE),
         ".bash_history .zsh_history .sh_history .psql_history .mysql_history .python_history .node_repl_history"),
        (FileRow("smb-credentials", _PASSWORD, _SURE), ".smbcredentials smbcredentials .cifs"),
        (FileRow("vpn-secrets", _PASSWORD, _SURE), "ipsec.secrets chap-secrets pap-secrets"),
        (FileRow("jmx-password", _PASSWORD, _SURE), "jmxremote.password"),
        (FileRow("erlang-cookie", Category.SIGNING_KEY, _SURE), ".erlang.cookie"),
        (FileRow("ftpconfig", _PASSWORD, _LOOK), ".ftpconfig .remote-sync.json sftp-config.json"),
        (FileRow("mail-config", _PASSWORD, _LOOK), ".esmtprc .msmtprc .fetchmailrc .muttrc"),
        (FileRow("envrc", _FILE, _LOOK), ".envrc"),
        (FileRow("pulumi-credentials", Category.TOKEN, _SURE), ".pulumi-credentials"),
    )
    for name in names.split()
}  # fmt: skip

IN_FOLDERS: Final[dict[str, tuple[FileRow, ...]]] = {
    "auth.json": (FileRow("composer-auth", _REGISTRY, _SURE),),
    "auth.toml": (FileRow("poetry-auth", _REGISTRY, _SURE, ("pypoetry",)),),
    "settings.xml": (FileRow("maven-settings", _REGISTRY, _LOOK),),
    "settings-security.xml": (FileRow("maven-settings", _PASSWORD, _SURE),),
    "credentials": (
        FileRow("aws-credentials", _CLOUD, _SURE, (".aws", "aws")),
        FileRow("gem-credentials", _REGISTRY, _SURE, (".gem",)),
        FileRow("cargo-credentials", _REGISTRY, _SURE, (".cargo", "cargo")),
        FileRow("credentials", _FILE, _LOOK),
    ),
    "credentials.toml": (FileRow("cargo-credentials", _REGISTRY, _SURE),),
    "credentials.json": (FileRow("json-credentials", _CLOUD, _SURE),),
    ".credentials": (FileRow("credentials", _FILE, _SURE),),
    "credentials.xml": (FileRow("jenkins-credentials", _FILE, _SURE),),
    "config.json": (FileRow("docker-config", _REGISTRY, _LOOK, (".docker", "docker")),),
    "config": (
        FileRow("kubeconfig", _FILE, _SURE, (".kube", "kube")),
        FileRow("aws-config", _CLOUD, _LOOK, (".aws",)),
        FileRow("bundle-config", _REGISTRY, _LOOK, (".bundle",)),
    ),
    "token": (
        FileRow("huggingface-token", Category.TOKEN, _SURE, (".huggingface", "huggingface")),
        FileRow("token", Category.TOKEN, _LOOK),
    ),
    "auth.conf": (FileRow("apt-auth", _PASSWORD, _LOOK, ("apt",)),),
    "hosts.yml": (FileRow("gh-hosts", Category.TOKEN, _SURE, ("gh",)),),
    "application_default_credentials.json": (FileRow("gcloud-credentials", _CLOUD, _SURE),),
    "gradle-wrapper.properties": (),
    "secring.gpg": (FileRow("gpg-secret-keys", _KEY, _SURE),),
    "kaggle.json": (FileRow("kaggle", Category.API_KEY, _SURE),),
    "key.json": (FileRow("service-account", _CLOUD, _SURE),),
    "authorized_keys": (),
    "known_hosts": (),
}

ENDINGS: Final[dict[str, FileRow]] = {
    ending: row
    for row, endings in (
        (FileRow("private-key", _KEY, _SURE), ".key .ppk .priv .privkey"),
        (FileRow("keystore", _KEY, _SURE), ".p12 .pfx .jks .keystore .jceks .bks .pkcs12"),
        (FileRow("pem", _KEY, _LOOK), ".pem"),
        (FileRow("password-safe", _PASSWORD, _SURE), ".kdbx .kdb .agilekeychain .opvault"),
        (FileRow("keytab", _KEY, _SURE), ".keytab"),
        (FileRow("tfvars", _CLOUD, _LOOK), ".tfvars .tfvars.json .tfstate"),
        (FileRow("ovpn", _KEY, _LOOK), ".ovpn"),
        (FileRow("dotenv", _FILE, _LOOK), ".env"),
        (FileRow("kubeconfig", _FILE, _SURE), ".kubeconfig"),
        (FileRow("htpasswd", _PASSWORD, _SURE), ".htpasswd"),
        (FileRow("gpg-secret-key", _KEY, _LOOK), ".asc .gpg"),
    )
    for ending in endings.split()
}  # fmt: skip

FOLDERS: Final[dict[str, FileRow]] = {
    ".ssh": FileRow("ssh-folder", _KEY, _LOOK),
    ".aws": FileRow("aws-folder", _CLOUD, _LOOK),
    ".gnupg": FileRow("gnupg-folder", _KEY, _LOOK),
    ".kube": FileRow("kube-folder", _FILE, _LOOK),
    ".docker": FileRow("docker-folder", _REGISTRY, _LOOK),
    ".azure": FileRow("azure-folder", _CLOUD, _LOOK),
    ".gcloud": FileRow("gcloud-folder", _CLOUD, _LOOK),
    "gcloud": FileRow("gcloud-folder", _CLOUD, _LOOK),
    ".vnc": FileRow("vnc-folder", _PASSWORD, _LOOK),
    ".password-store": FileRow("password-store", _PASSWORD, _LOOK),
    ".secrets": FileRow("secrets-folder", _FILE, _LOOK),
    "secrets": FileRow("secrets-folder", _FILE, _LOOK),
    ".credentials": FileRow("credentials", _FILE, _LOOK),
}

APT_LOGINS: Final = "auth.conf.d"
"""The folder whose every file gives apt logins (apt_auth.conf(5))."""

HARMLESS_ENDINGS: Final = wordset(
    ".pub .example .sample .template .tmpl .tpl .dist .dummy .defaults .default .j2 .jinja .jinja2 .erb .mustache "
    ".in .enc .encrypted .sops .age .vault .md .rst .sh .bash .py .js .ts .mjs .cjs .rb .go .rs .java .php .pl .crt "
    ".cer .der .csr .crl .schema .d .lock .sum .html .css .svg .png .so .a .o .c .h .cpp .hpp .deb .rpm .apk .tar .gz "
    ".zip .bz2 .xz .tgz .whl .jar .war .service .repo .list .sources"
)

PUBLIC_KEY_WORDS: Final = wordset(
    "gpg pgp pub public signing apt rpm repo repository release archive keyring yum debian ubuntu nodesource docker "
    "nginx mysql mariadb postgresql mongodb mongo grafana elastic elasticsearch jenkins hashicorp microsoft yarn "
    "google linux kubernetes llvm winehq influxdata rabbitmq ca chain fullchain cert certificate bundle dhparam dh "
    "root rootca cacert cacerts cabundle isrg letsencrypt rds intermediate csr selfhosted trusted ros setup "
    "proving verifying crs"
)
SERVICE_ACCOUNT_WORDS: Final = wordset("service serviceaccount sa gcp gcs gcloud google firebase bigquery gcr")
