"""List how tools take credentials on the command line. Data only: a new tool is one row here.

Options that name a credential in full (`--password`, `--auth-token`) need no row: they are known for every
command. A row adds short options, subcommands, positions, and where the tool keeps the credential.
"""

from __future__ import annotations

from typing import Final

from rewriter.judgement.tool_row import (
    API_KEY,
    CLOUD,
    INDEX,
    KEY,
    PASSWORD,
    REGISTRY,
    TOKEN,
    Row,
    Shape,
    row,
)
from rewriter.judgement.wordlist import wordset

_NPMRC: Final = "~/.npmrc"
_DOCKER: Final = "~/.docker/config.json"
_COMPOSER: Final = "auth.json"
_POETRY: Final = "~/.config/pypoetry/auth.toml"
_BUNDLE: Final = "~/.bundle/config"
_NUGET: Final = "~/.nuget/NuGet/NuGet.Config"
_SHADOW: Final = "/etc/shadow"

_TRANSFER: Final = (
    row("curl", PASSWORD, "-u --user -U --proxy-user --oauth2-bearer", shape=Shape.AFTER_COLON),
    row("curl wget http https xh httpie", TOKEN, "-H --header --proxy-header", shape=Shape.HEADER),
    row("curl", TOKEN, "-d --data --data-raw --data-binary --data-urlencode -F --form", shape=Shape.SETTING),
    row("wget", TOKEN, "--post-data", shape=Shape.SETTING),
    row("curl", PASSWORD, "--pass --tlspassword --proxy-pass"),
    row("wget wget2", PASSWORD,
        "--password --http-password --http-passwd --ftp-password --proxy-password --proxy-passwd"),
    row("http https xh httpie", PASSWORD, "-a --auth", shape=Shape.AFTER_COLON),
    row("aria2c", PASSWORD, "--http-passwd --ftp-passwd --all-proxy-passwd"),
    row("sshpass", PASSWORD, "-p -p*"),
    row("lftp", PASSWORD, "-u --user", shape=Shape.AFTER_COMMA),
    row("ncftpget ncftpput ncftp", PASSWORD, "-p"),
    row("smbclient smbmap rpcclient net", PASSWORD, "-U --user", shape=Shape.AFTER_PERCENT),
    row("mount mount.cifs", PASSWORD, "-o", shape=Shape.SETTING),
    row("svn svnadmin svnsync", PASSWORD, "--password", persists="~/.subversion/auth"),
    row("p4", PASSWORD, "-P"),
    row("rclone", CLOUD, words="config create", shape=Shape.KEYED, persists="~/.config/rclone/rclone.conf"),
    row("rclone", PASSWORD, words="obscure", places=(0,)),
    row("s3cmd", CLOUD, "--secret_key", persists="~/.s3cfg"),
    row("mc mcli", CLOUD, words="alias set", places=(3,), persists="~/.mc/config.json"),
    row("mc mcli", CLOUD, words="config host add", places=(3,), persists="~/.mc/config.json"),
)  # fmt: skip

_GIT: Final = (
    row("git", TOKEN, "-c", shape=Shape.SETTING),
    row("git", TOKEN, words="config", shape=Shape.KEYED, persists="~/.gitconfig",
        valued="--file -f --blob --type --default"),
    row("gh", TOKEN, "--with-token", words="auth login", persists="~/.config/gh/hosts.yml"),
    row("glab", TOKEN, "-t --token", words="auth login", persists="~/.config/glab-cli/config.yml"),
    row("gh glab", TOKEN, "-H --header", shape=Shape.HEADER),
)  # fmt: skip

_REGISTRIES: Final = (
    row("docker podman buildah nerdctl skopeo crane oras helm cosign regctl img", REGISTRY, "-p --password",
        words="login", persists=_DOCKER),
    row("az", REGISTRY, "-p --password", words="acr login", persists=_DOCKER),
    row("docker podman nerdctl", PASSWORD, "-e --env", words="run", shape=Shape.SETTING),
    row("skopeo podman buildah", REGISTRY, "--creds --src-creds --dest-creds", shape=Shape.AFTER_COLON),
    row("npm pnpm cnpm", REGISTRY, words="config set", shape=Shape.KEYED, persists=_NPMRC, valued="--location -L"),
    row("npm pnpm cnpm", REGISTRY, words="set", shape=Shape.KEYED, persists=_NPMRC, valued="--location -L"),
    row("yarn", REGISTRY, words="config set", shape=Shape.KEYED, persists="~/.yarnrc.yml"),
    row("npm pnpm", TOKEN, "--otp"),
    row("pip pipx uv pipenv pip-compile pip-sync pdm rye", INDEX,
        "-i --index-url --extra-index-url --default-index --index -f --find-links", shape=Shape.URL),
    row("pip", INDEX, words="config set", shape=Shape.KEYED, persists="~/.config/pip/pip.conf"),
    row("twine flit", PASSWORD, "-p --password"),
    row("poetry", PASSWORD, "-p --password", words="publish"),
    row("poetry", REGISTRY, words="config", shape=Shape.KEYED, persists=_POETRY),
    row("hatch", TOKEN, "-a --auth", words="publish"),
    row("composer composer.phar", REGISTRY, words="config", shape=Shape.KEYED, persists=_COMPOSER),
    row("bundle bundler", REGISTRY, words="config", shape=Shape.KEYED, persists=_BUNDLE),
    row("gem", API_KEY, "-k", words="push"),
    row("cargo", TOKEN, words="login", places=(-1,), persists="~/.cargo/credentials.toml",
        valued="--registry --config -Z --color"),
    row("mix", API_KEY, "--key", words="hex.organization auth", persists="~/.hex/hex.config"),
    row("mix", API_KEY, words="hex.organization key", shape=Shape.KEYED, persists="~/.hex/hex.config"),
    row("mix", API_KEY, words="hex.config", shape=Shape.KEYED, persists="~/.hex/hex.config"),
    row("mix", API_KEY, "--auth-key", words="hex.repo", persists="~/.hex/hex.config"),
    row("nuget dotnet", REGISTRY, "-password --password -p", words="add source", persists=_NUGET),
    row("nuget dotnet", REGISTRY, "-password --password -p", words="update source", persists=_NUGET),
    row("nuget", REGISTRY, "-password", words="sources", persists=_NUGET),
    row("nuget", API_KEY, words="setapikey", places=(0,), persists=_NUGET),
    row("nuget dotnet", API_KEY, "-apikey --api-key -k", words="push"),
    row("conda mamba micromamba", INDEX, words="config", shape=Shape.KEYED, persists="~/.condarc"),
    row("anaconda", TOKEN, "-t --token"),
    row("conan", REGISTRY, "-p --password", words="user", persists="~/.conan"),
    row("conan", REGISTRY, "-p --password", words="remote login", persists="~/.conan2"),
    row("dvc", PASSWORD, words="remote modify", places=(-1,), shape=Shape.WHOLE, needs="--local",
        persists=".dvc/config.local"),
    row("yum-config-manager dnf dnf5", PASSWORD, "--setopt", shape=Shape.SETTING, needs="--save",
        persists="/etc/yum.repos.d"),
    row("helm", REGISTRY, "--password", words="repo add", persists="~/.config/helm/repositories.yaml"),
    row("mvn mvnd gradle sbt ant java sonar-scanner lein", PASSWORD, "-D* -P* --define= -D -P", shape=Shape.SETTING),
    row("ansible-galaxy", TOKEN, "--token --api-key"),
    row("huggingface-cli hf", TOKEN, words="login", places=(-1,), persists="~/.cache/huggingface/token"),
    row("huggingface-cli hf", TOKEN, "--token", words="login", persists="~/.cache/huggingface/token"),
    row("huggingface-cli hf", TOKEN, "--token", words="auth login", persists="~/.cache/huggingface/token"),
    row("wandb", API_KEY, words="login", places=(-1,), persists="~/.netrc", valued="--host --cloud"),
)  # fmt: skip

_CLOUDS: Final = (
    row("aws", CLOUD, words="configure set", shape=Shape.KEYED, persists="~/.aws/credentials",
        valued="--profile --region"),
    row("az", CLOUD, "-p --password", words="login", persists="~/.azure"),
    row("doctl", TOKEN, "-t --access-token", persists="~/.config/doctl/config.yaml"),
    row("flyctl fly", TOKEN, "-t --access-token"),
    row("vercel vc now", TOKEN, "-t --token"),
    row("netlify ntl", TOKEN, "--auth -a"),
    row("firebase surge wrangler railway render", TOKEN, "--token"),
    row("heroku", TOKEN, words="auth:token", places=(0,)),
    row("kubectl oc", TOKEN, "--token --password", words="config set-credentials", persists="~/.kube/config"),
    row("oc", PASSWORD, "-p --password --token", words="login", persists="~/.kube/config"),
    row("kubectl oc", PASSWORD, "--from-literal", shape=Shape.SETTING),
    row("vault", TOKEN, words="login", places=(-1,), persists="~/.vault-token", valued="-method -path"),
    row("vault", TOKEN, words="operator unseal", places=(0,)),
    row("terraform tofu", PASSWORD, "-var --var -var= -backend-config", shape=Shape.SETTING),
    row("ansible ansible-playbook", PASSWORD, "-e --extra-vars", shape=Shape.SETTING),
    row("consul nomad", TOKEN, "-token --token -token="),
    row("etcdctl", PASSWORD, "--user", shape=Shape.AFTER_COLON),
    row("pro ua ubuntu-advantage", TOKEN, words="attach", places=(0,), persists="/var/lib/ubuntu-advantage"),
    row("tailscale", TOKEN, "--authkey --auth-key"),
    row("ngrok", TOKEN, words="authtoken", places=(0,), persists="~/.config/ngrok/ngrok.yml"),
    row("ngrok", TOKEN, words="config add-authtoken", places=(0,), persists="~/.config/ngrok/ngrok.yml"),
    row("cloudflared", TOKEN, words="service install", places=(0,), persists="/etc/systemd/system/cloudflared.service"),
    row("snyk", TOKEN, words="auth", places=(0,), persists="~/.config/configstore/snyk.json"),
    row("sentry-cli", TOKEN, "--auth-token --api-key"),
    row("codecov codecovcli", TOKEN, "-t --token"),
    row("jf jfrog", TOKEN, "--apikey --access-token --password", words="config add", persists="~/.jfrog"),
    row("subscription-manager rhc", PASSWORD, "-p --password"),
    row("pulumi", TOKEN, words="login --token", places=(0,)),
    row("octo octopus", API_KEY, "--apikey --apiKey"),
)  # fmt: skip

_DATABASES: Final = (
    row("mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlsh mariadb mariadb-dump mariadb-admin "
        "mysql_secure_installation mysql_upgrade", PASSWORD, "-p* --password"),
    row("mysqladmin mariadb-admin", PASSWORD, words="password", places=(-1,), valued="-u -h -P -S"),
    row("redis-cli", PASSWORD, "-a --pass --askpass="),
    row("redis-server", PASSWORD, "--requirepass --masterauth"),
    row("redis-cli", PASSWORD, words="config set requirepass", places=(0,)),
    row("edge supernode", PASSWORD, "-k"),
    row("nut", PASSWORD, words="user:add", places=(3,)),
    row("mongo mongosh mongodump mongorestore mongoimport mongoexport mongofiles", PASSWORD, "-p --password"),
    row("sqlcmd osql bcp", PASSWORD, "-P -P*"),
    row("sqlplus sqlldr imp exp impdp expdp sqlcl sql", PASSWORD, places=(0,), shape=Shape.AFTER_SLASH),
    row("clickhouse-client clickhouse", PASSWORD, "--password"),
    row("ldapadd ldapmodify ldapsearch ldapdelete ldappasswd", PASSWORD, "-w"),
    row("ldappasswd slappasswd", PASSWORD, "-s"),
    row("rabbitmqctl", PASSWORD, words="add_user", places=(1,)),
    row("rabbitmqctl", PASSWORD, words="change_password", places=(1,)),
    row("cqlsh nodetool", PASSWORD, "-p --password -pw"),
    row("influx", PASSWORD, "-p --password -t --token -password"),
    row("cypher-shell", PASSWORD, "-p --password"),
    row("neo4j-admin", PASSWORD, words="set-initial-password", places=(0,), valued="--require-password-change"),
    row("grafana-cli", PASSWORD, words="admin reset-admin-password", places=(0,), valued="--homepath --config"),
    row("psql pg_dump", PASSWORD, "-W="),
)  # fmt: skip

_SYSTEM: Final = (
    row("useradd usermod adduser", PASSWORD, "-p --password", persists=_SHADOW, harmless="* ! x '*' !! \\* \\!"),
    row("htpasswd", PASSWORD, places=(-1,), needs="-b", valued="-C -r"),
    row("x11vnc", PASSWORD, "-passwd -storepasswd"),
    row("vncserver vncpasswd Xvnc tigervncserver", PASSWORD, "-PasswordText -passwd-text"),
    row("openssl", PASSWORD, "-passin -passout -pass", shape=Shape.PASS_SOURCE),
    row("openssl", PASSWORD, "-password -k", shape=Shape.PASS_SOURCE),
    row("openssl", PASSWORD, words="passwd", places=(0,), valued="-salt -in"),
    row("keytool jarsigner apksigner pkcs12", PASSWORD,
        "-storepass -keypass -srcstorepass -deststorepass -srckeypass -destkeypass -new --ks-pass --key-pass",
        shape=Shape.PASS_SOURCE, harmless="changeit"),
    row("gpg gpg2 gpgconf", PASSWORD, "--passphrase"),
    row("ssh-keygen", PASSWORD, "-N -P"),
    row("zip unzip", PASSWORD, "-P -P*"),
    row("7z 7za 7zr unrar rar", PASSWORD, "-p*"),
    row("wpa_passphrase", PASSWORD, places=(1,)),
    row("edge supernode", PASSWORD, "-k -k*"),
    row("ss-server ss-local ssserver sslocal", PASSWORD, "-k"),
    row("kinit kadmin kadmin.local", PASSWORD, "-w -pw"),
    row("samba-tool", PASSWORD, "--adminpass --password"),
    row("saslpasswd2", PASSWORD, "-p="),
    row("convertto-securestring", PASSWORD, "-string", places=(0,), needs="-asplaintext"),
    row("net net1", PASSWORD, words="user", places=(1,), persists="the Windows account store"),
    row("cmdkey", PASSWORD, "/pass: -pass:"),
    row("new-localuser", PASSWORD, "-password"),
    row("schtasks", PASSWORD, "/rp"),
    row("sc sc.exe", PASSWORD, "password="),
    row("swaks", PASSWORD, "-ap --auth-password"),
    row("sendemail", PASSWORD, "-xp"),
    row("expressvpn nordvpn", TOKEN, words="login --token", places=(0,)),
    row("odoo odoo-bin openerp-server", PASSWORD, "-w --db_password"),
    row("wp", PASSWORD, "--dbpass", words="config create", persists="wp-config.php"),
    row("wp", PASSWORD, "--dbpass", words="core config", persists="wp-config.php"),
    row("wp", PASSWORD, "--admin_password --dbpass --user_pass"),
    row("drush", PASSWORD, "--account-pass --db-su-pw"),
    row("java", PASSWORD, "-auth", shape=Shape.AFTER_COLON),
    row("asadmin", PASSWORD, "--password"),
    row("rasa label-studio", PASSWORD, "--auth-token --password"),
    row("jupyter jupyter-lab jupyter-notebook", TOKEN,
        "--NotebookApp.token --ServerApp.token --NotebookApp.password --ServerApp.password --IdentityProvider.token"),
    row("code-server", PASSWORD, "--auth="),
    row("createuser", KEY, "--pwprompt="),
)  # fmt: skip

ROWS: Final[tuple[Row, ...]] = (*_TRANSFER, *_GIT, *_REGISTRIES, *_CLOUDS, *_DATABASES, *_SYSTEM)

ALIASES: Final = {
    "gradlew": "gradle",
    "mvnw": "mvn",
    "pip3": "pip",
    "pip2": "pip",
    "composer.phar": "composer",
    "notebook": "jupyter",
    "tigervncpasswd": "vncpasswd",
    "valkey-cli": "redis-cli",
    "valkey-server": "redis-server",
    "keydb-server": "redis-server",
}

WRAPPERS: Final = {
    "sudo": 0, "doas": 0, "exec": 0, "command": 0, "nohup": 0, "time": 0, "env": 0, "eatmydata": 0, "builtin": 0,
    "timeout": 1, "gosu": 1, "su-exec": 1, "chroot": 1, "nice": 0, "ionice": 0, "stdbuf": 0, "xargs": 0,
    "npx": 0, "pnpx": 0, "bunx": 0, "uvx": 0, "retry": 0, "cross-env": 0, "dotenv": 0, "tini": 0, "dumb-init": 0,
    "call": 0, "start": 0, "catchsegv": 0, "strace": 0, "xvfb-run": 0, "proxychains": 0, "setpriv": 0, "runuser": 0,
}  # fmt: skip
"""Commands that run another one: how many words of their own stand before it."""

WRAPPER_VALUED: Final = wordset("-u -g -U -h -p -C -n -c -k -s -P -i -e -I -L -a -d --user --group --chdir")

RUNNERS: Final = {
    "yarn": ("dlx", "exec", "run"), "pnpm": ("dlx", "exec"), "npm": ("exec", "x"), "bun": ("x",), "bundle": ("exec",),
    "poetry": ("run",), "uv": ("run", "tool run"), "pipx": ("run",), "pdm": ("run",), "pipenv": ("run",),
    "rye": ("run",),
    "hatch": ("run",), "conda": ("run",),
    "php": ("composer.phar", "composer", "/usr/local/bin/composer", "/usr/bin/composer"),
}  # fmt: skip
"""Tools with a subcommand that runs another tool."""

SILENT: Final = wordset(
    "grep egrep fgrep rg ag test [ [[ cat ls find rm mv cp mkdir chmod chown touch true false : apt apt-get apk yum "
    "dnf "
    "microdnf zypper pacman cd ln head tail cut sort uniq wc tr which type hash set unset shift local readonly source "
    "useradd usermod adduser groupadd addgroup make cmake ninja gcc cc go rustc debconf-set-selections"
)
"""Commands on which an option named after a credential is none, or is known by a row."""

NO_SECRET_OPTIONS: Final = {
    "access_key": wordset("s3cmd s4cmd s5cmd"),
    "secret": wordset("docker podman buildah buildctl nerdctl buildx kaniko executor img depot earthly"),
    "secrets": wordset("docker podman buildah buildctl nerdctl kubectl act"),
    "auth": wordset("nmap postgres initdb mosquitto code-server mongod"),
    "keys": wordset("apt-key gpg rpm"),
    "key": wordset(
        "apt-key gpg rpm rpmkeys openssl curl wget git jq yq sort mongo redis-cli node python dotnet etcdctl kubectl "
        "helm "
        "cosign psql nginx uvicorn gunicorn hypercorn http-server webpack serve daphne caddy mkcert step certbot"
    ),
    "credentials": wordset("npm yarn ftp mount"),
}
"""Option names that mean something else with these tools."""
