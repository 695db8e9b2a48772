"""Files by content."""

from __future__ import annotations

import base64

import pytest

from rewriter.judgement import file_content

from .tokens import BASE40, HEX32, PEM, TOKENS

ENCODED = base64.b64encode(PEM.encode()).decode()

SECRET = [
    (".npmrc", "//r.example.com/:_authToken=abcd1234-ab12\n", "abcd1234-ab12"),
    (".npmrc", "registry=https://r.example.com\n_auth=dXNlcjpwYXNz\n", "dXNlcjpwYXNz"),
    (".npmrc", f"//r.example.com/:_authToken={TOKENS['npm']}\n", TOKENS["npm"]),
    (".npmrc", "//r.example.com/:username=u\n//r.example.com/:_password=cGFzcw9x\n", "cGFzcw9x"),
    (".yarnrc.yml", 'npmRegistries:\n  "//n.example.com/":\n    npmAuthToken: 8F3A-22\n', "8F3A-22"),
    ("pip.conf", "[global]\nextra-index-url = https://u:p4ss@h/simple\n", "p4ss"),
    (".pypirc", "[pypi]\nusername = u\npassword = p4ss\n", "p4ss"),
    ("settings.xml", "<server><id>x</id><username>u</username><password>s3cr</password></server>", "s3cr"),
    ("settings.xml", "<server><passphrase> s3cr </passphrase></server>", "s3cr"),
    ("settings.xml", "<!-- mine --><server><passphrase>s3cr</passphrase></server>", "s3cr"),
    (
        "NuGet.Config",
        '<add key="Username" value="u" />\n<add key="ClearTextPassword" value="abc123def" />',
        "abc123def",
    ),
    ("gradle.properties", "mavenUser=u\nmavenPassword=hunter2x\n", "hunter2x"),
    ("gradle.properties", "signing.password=hunter2x\n", "hunter2x"),
    (".env", "PORT=1\nexport DB_PASSWORD='hunter2x'\n", "hunter2x"),
    (".env", "DATABASE_URL=postgres://u:p4ss@h/x\n", "p4ss"),
    (".env", "API_KEY=abcdef9x7q # the key\r\n", "abcdef9x7q"),
    ("kubeconfig", f"users:\n- name: a\n  user:\n    client-key-data: {ENCODED}\n", ENCODED),
    ("kubeconfig", "users:\n- name: a\n  user:\n    token: abc.def-123\n", "abc.def-123"),
    ("auth.json", '{"http-basic":{"h":{"username":"u","password":"p4ssw"}}}', "p4ssw"),
    (".docker/config.json", '{"auths":{"h":{"auth":"dXNlcjpwYXNzd29yZA=="}}}', "dXNlcjpwYXNzd29yZA=="),
    (".netrc", "machine h\n  login u\n  password p4ss\n", "p4ss"),
    (".netrc", "machine h login u password p4ss", "p4ss"),
    (".pgpass", "db:5432:*:u:pw1\n", "pw1"),
    (".htpasswd", "admin:$apr1$abc$def\n", "$apr1$abc$def"),
    (".vault-token", "hvs.abc\n", "hvs.abc"),
    ("master.key", HEX32 + "\n", HEX32),
    (".git-credentials", "https://u:p4ss@github.com\n", "p4ss"),
    (".aws/credentials", f"[default]\naws_access_key_id = X\naws_secret_access_key = {BASE40}\n", BASE40),
    (".my.cnf", "[client]\nuser=root\npassword=abc12\n", "abc12"),
    ("wp-config.php", "define('DB_PASSWORD', 'pw12');\n", "pw12"),
    ("terraform.tfvars", 'db_password = "hunter2x"\n', "hunter2x"),
    ("kaggle.json", f'{{"username":"u","key":"{HEX32}"}}', HEX32),
    ("id_rsa", PEM, PEM.rstrip("\n")),
    ("anything", "x\n" + PEM, PEM.rstrip("\n")),
    ("notes.txt", f"token {TOKENS['github-pat']}", TOKENS["github-pat"]),
    ("config/application.yml", "spring:\n  datasource:\n    password: s3cr9\n", "s3cr9"),
]

REFERS = [
    (".npmrc", "//r.example.com/:_authToken=${NPM_TOKEN}\n", ("NPM_TOKEN",)),
    (
        ".npmrc",
        "@x:registry=https://r.example.com\n//r.example.com/:_authToken=${GH_TOKEN}\nalways-auth=true",
        ("GH_TOKEN",),
    ),
    (".yarnrc.yml", 'nodeLinker: node-modules\nnpmAuthToken: "${NPM_TOKEN:-}"\n', ("NPM_TOKEN",)),
    ("pip.conf", "[global]\nindex-url = https://${U}:${P}@h/simple\n", ("U", "P")),
    (
        "settings.xml",
        "<server><username>${env.MVN_U}</username><password>${env.MVN_PW}</password></server>",
        ("MVN_U", "MVN_PW"),
    ),
    ("NuGet.Config", '<add key="ClearTextPassword" value="%NUGET_TOKEN%" />', ("NUGET_TOKEN",)),
    (".env", "# OLD=$GONE\nDB_PASSWORD=$PW\n", ("PW",)),
    ("secrets.yml", 'secret_key_base: <%= ENV["SECRET_KEY_BASE"] %>\n', ("SECRET_KEY_BASE",)),
    ("secrets.yml", 'secret_key_base: <%= ENV.fetch("SECRET_KEY_BASE") %>\n', ("SECRET_KEY_BASE",)),
    ("wp-config.php", "define('DB_PASSWORD', getenv('WP_PW'));\n$x='1';", ("WP_PW",)),
    ("application.yml", "password: ${DB_PW}\n", ("DB_PW",)),
]

CLEAN = [
    ("settings.xml", "<servers>\n<!-- for example\n<server><password>s3cr</password></server>\n-->\n</servers>\n"),
    ("settings.xml", "<servers><!-- never closed <password>s3cr</password>"),
    (".npmrc", "registry=https://r.example.com\nsave-exact=true\n"),
    (".npmrc", "# //r.example.com/:_authToken=abcd1234\n"),
    (".npmrc", "//r.example.com/:_authToken=<token>\n"),
    (".npmrc", ""),
    (".yarnrc.yml", "yarnPath: .yarn/releases/yarn-4.cjs\n"),
    ("pip.conf", "[global]\nindex-url = https://mirror.example.com/simple\n"),
    ("settings.xml", "<settings><mirrors/></settings>"),
    ("NuGet.Config", '<add key="nuget" value="https://n.example.com/v3/index.json" />'),
    ("gradle.properties", "org.gradle.jvmargs=-Xmx2g\nandroid.useAndroidX=true\n"),
    (".env", "NODE_ENV=production\nPORT=3000\nAPI_KEY=\nDB_PASSWORD=<password>\nTOKEN=dummy\n"),
    ("auth.json", "{}"),
    (".docker/config.json", '{"credsStore":"desktop"}'),
    ("tsconfig.json", '{"$schema":"https://json.example.com/x","compilerOptions":{"paths":{}}}'),
    ("cert.pem", "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----\n"),
    ("key.pem", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"),
    ("kubeconfig", "clusters:\n- cluster:\n    certificate-authority-data: TUlJRA==\n    server: https://h\n"),
    ("composer.json", '{"require":{"a/b":"^1"}}'),
    ("x", "\n \n"),
]


@pytest.mark.parametrize(("path", "text", "value"), SECRET)
def test_secret(path: str, text: str, value: str) -> None:
    verdict = file_content(path, text.encode())
    assert verdict.secret, verdict.reason
    assert value in [each.reveal() for each in verdict.values]
    assert value not in repr(verdict)


@pytest.mark.parametrize(("path", "text", "names"), REFERS)
def test_refers(path: str, text: str, names: tuple[str, ...]) -> None:
    verdict = file_content(path, text.encode())
    assert not verdict.secret
    assert verdict.references == names
    assert verdict.reason == "only refers to variables"


@pytest.mark.parametrize(("path", "text"), CLEAN)
def test_clean(path: str, text: str) -> None:
    verdict = file_content(path, text.encode())
    assert not verdict.secret
    assert verdict.references == ()
    assert verdict.values == ()


def test_a_file_may_hold_a_secret_and_refer_to_variables() -> None:
    verdict = file_content(".npmrc", b"//a.example.com/:_authToken=${A}\n//b.example.com/:_authToken=9x8y7z6w\n")
    assert verdict.secret
    assert verdict.references == ("A",)


def test_binary_files() -> None:
    assert file_content("a.p12", b"0\x82\x00\x01").secret
    assert file_content("a.jks", b"\xfe\xed\xfe\xed\x00").secret
    assert not file_content("a.png", b"\x89PNG\x00\x00").secret


def test_a_service_account_is_one_value() -> None:
    key = PEM.replace("\n", "\\n")
    verdict = file_content("sa.json", f'{{"type":"service_account","private_key":"{key}"}}'.encode())
    assert len(verdict.values) == 1
