"""Credentials on command lines, tool by tool."""

from __future__ import annotations

import pytest

from rewriter.judgement import Category, Word, command_credentials, text_credentials
from rewriter.judgement.tool_row import Shape
from rewriter.judgement.tool_table import ALIASES, ROWS
from rewriter.model.secret import Confidence

from .shellwords import run, secrets
from .tokens import BASE40, HEX40, TOKENS

LITERAL = [
    ("curl -u admin:s3cr3tpw https://h/x", "s3cr3tpw"),
    ("curl -uadmin:s3cr3tpw https://h/x", "s3cr3tpw"),
    ("curl -fsSLu admin:s3cr3tpw https://h/x", "s3cr3tpw"),
    ("curl --user=admin:s3cr3tpw https://h/x", "s3cr3tpw"),
    ("curl --user 'admin:s3cr3tpw' https://h/x", "s3cr3tpw"),
    ("curl -U p:px9pw --proxy http://p https://h", "px9pw"),
    ('curl -H "Authorization: Bearer abc9x" https://h', "abc9x"),
    ("curl -H 'PRIVATE-TOKEN: abc9x' https://h", "abc9x"),
    ('curl --header "X-Api-Key: abc9x" https://h', "abc9x"),
    ("curl -H X-JFrog-Art-Api:abc9x https://h", "abc9x"),
    ("curl -d 'user=u&password=pw9x' https://h", "pw9x"),
    ("""curl -d '{"user":"u","password":"pw9x"}' https://h""", '"pw9x"'),
    ("curl https://u:pw9x@h/x", "pw9x"),
    ("curl 'https://h/x?token=AVTxeH7p89' -o y", "AVTxeH7p89"),
    ("wget --http-user=d --http-password=mpm3fd https://x", "mpm3fd"),
    ("wget --user d --password mpm3fd https://x", "mpm3fd"),
    ('wget --header="Authorization: token abc9x" https://x', "abc9x"),
    ("http -a u:pw9x GET h", "pw9x"),
    ("aria2c --http-passwd=pw9x https://h", "pw9x"),
    ("sshpass -p pw12 ssh u@h", "pw12"),
    ("sshpass -ppw12 ssh u@h", "pw12"),
    ("lftp -u bob,pw12 h", "pw12"),
    ("smbclient -U bob%pw12 //h/s", "pw12"),
    ("mount -t cifs -o username=bob,password=pw12 //h/s /m", "pw12"),
    ("svn checkout https://x --username a --password indigo", "indigo"),
    (f"git clone https://{HEX40}@github.com/o/r.git", HEX40),
    ('git -c http.extraheader="Authorization: Basic abc9x" clone https://h/x', "abc9x"),
    ("git config --global http.extraheader 'AUTHORIZATION: bearer abc9x'", "abc9x"),
    ("docker login -u me -p pw9x r.example.com", "pw9x"),
    ("docker login -u me --password=pw9x r.example.com", "pw9x"),
    ("podman login -u me -p pw9x r.example.com", "pw9x"),
    ("skopeo copy --src-creds u:pw9x docker://a docker://b", "pw9x"),
    ("npm config set //r.example.com/:_authToken abc9x", "abc9x"),
    ("npm config set //r.example.com/:_authToken=abc9x", "abc9x"),
    ("npm set //r.example.com/:_authToken abc9x", "abc9x"),
    ("npm config set _auth abc9x", "abc9x"),
    ("npm install --//r.example.com/:_authToken=abc9x", "abc9x"),
    ("pnpm config set //r.example.com/:_authToken abc9x", "abc9x"),
    ("yarn config set npmAuthToken abc9x", "abc9x"),
    ("""yarn config set 'npmRegistries["//h"].npmAuthToken' abc9x""", "abc9x"),
    ("pip install --index-url https://u:pw9x@h/simple x", "pw9x"),
    ("pip3 install -i https://u:pw9x@h/simple x", "pw9x"),
    ("python3 -m pip install --extra-index-url=https://u:pw9x@h/simple x", "pw9x"),
    ("uv pip install --index-url https://u:pw9x@h/simple x", "pw9x"),
    ("pip config set global.index-url https://u:pw9x@h/simple", "pw9x"),
    ("poetry config http-basic.priv u pw9x", "pw9x"),
    ("poetry config pypi-token.x abc9x", "abc9x"),
    ("poetry publish -u u -p pw9x", "pw9x"),
    ("twine upload -u u -p pw9x dist/*", "pw9x"),
    (f"composer config -g github-oauth.github.com {HEX40}", HEX40),
    ("composer config http-basic.repo.example.com u pw9x", "pw9x"),
    ("php composer.phar config http-basic.repo.example.com u pw9x", "pw9x"),
    ("bundle config set --global gems.example.com u:pw9x", "pw9x"),
    ("bundle config gems.example.com u:pw9x", "pw9x"),
    ("cargo login abc9x", "abc9x"),
    ("cargo login --registry r abc9x", "abc9x"),
    ("gem push -k abc9x x.gem", "abc9x"),
    ("mix hex.organization auth org --key abc9x", "abc9x"),
    ("mix hex.config api_key abc9x", "abc9x"),
    ("huggingface-cli login --token abc9x", "abc9x"),
    ("hf auth login --token abc9x", "abc9x"),
    ("wandb login abc9x", "abc9x"),
    ("sentry-cli --auth-token abc9x releases new v", "abc9x"),
    ("npx sentry-cli --auth-token abc9x releases new v", "abc9x"),
    ("dotnet nuget add source https://h -n x -u u -p pw9x --store-password-in-clear-text", "pw9x"),
    ("nuget sources add -Name x -Source y -UserName u -Password pw9x", "pw9x"),
    ("nuget setapikey abc9x -source x", "abc9x"),
    ("dotnet nuget push a.nupkg -k abc9x -s h", "abc9x"),
    ("mvn -Dpassword=pw9x package", "pw9x"),
    ("./gradlew build -PrepoPassword=pw9x", "pw9x"),
    ("java -Dspring.datasource.password=pw9x -jar x.jar", "pw9x"),
    ("sonar-scanner -Dsonar.login=abc9x", "abc9x"),
    ("helm repo add x https://h --username u --password pw9x", "pw9x"),
    ("ansible-galaxy collection install x --token abc9x", "abc9x"),
    ("ansible-playbook x.yml -e 'db_password=pw9x'", "pw9x"),
    (f"aws configure set aws_secret_access_key {BASE40}", BASE40),
    (f"aws --profile p configure set aws_secret_access_key {BASE40} --region r", BASE40),
    ("az login --service-principal -u i -p pw9x --tenant t", "pw9x"),
    ("kubectl config set-credentials u --token=abc9x", "abc9x"),
    ("kubectl create secret generic x --from-literal=password=pw9x", "pw9x"),
    ("oc login -u u -p pw9x", "pw9x"),
    ("vault login abc9x", "abc9x"),
    ("terraform apply -var db_password=pw9x", "pw9x"),
    ("flyctl deploy --access-token abc9x", "abc9x"),
    ("vercel deploy --token abc9x", "abc9x"),
    ("netlify deploy --auth abc9x", "abc9x"),
    ("doctl auth init -t abc9x", "abc9x"),
    ("mc alias set m http://h minio pw9x", "pw9x"),
    ("s3cmd --access_key=a --secret_key=pw9x ls", "pw9x"),
    ("pro attach abc9x", "abc9x"),
    ("ngrok authtoken abc9x", "abc9x"),
    ("tailscale up --authkey abc9x", "abc9x"),
    ("mysql -uroot -ppw9x", "pw9x"),
    ("mysql -uroot --password=pw9x", "pw9x"),
    ("mysqladmin -u root password 'newpw1'", "newpw1"),
    ("mysqladmin -uroot -ppw9x ping", "pw9x"),
    ("""mysql -e "GRANT ALL ON *.* TO 'u'@'%' IDENTIFIED BY 'pw99'" """, "pw99"),
    ("""mysql -e "ALTER USER 'root'@'localhost' IDENTIFIED WITH mysql_native_password BY 'pw99'" """, "pw99"),
    ("""psql -c "ALTER USER postgres WITH PASSWORD 'pgpw1'" """, "pgpw1"),
    ("""psql --command "CREATE USER docker WITH SUPERUSER PASSWORD 'dockr1';" """, "dockr1"),
    ("redis-cli -a pw123 ping", "pw123"),
    ("redis-server --requirepass pw123", "pw123"),
    ("mongosh -u u -p pw123", "pw123"),
    ("sqlcmd -S h -U sa -P pw123", "pw123"),
    ("sqlplus system/oracle1@//h:1521/XE", "oracle1"),
    ("ldapadd -x -D cn=admin -w pw123 -f x", "pw123"),
    ("rabbitmqctl add_user bob pw123", "pw123"),
    ("neo4j-admin set-initial-password pw123", "pw123"),
    ("useradd -m -p pw123 bob", "pw123"),
    ("htpasswd -bc /etc/h admin pw9", "pw9"),
    ("htpasswd -b -c /etc/h admin pw9", "pw9"),
    ("x11vnc -storepasswd 123456 /x", "123456"),
    ("openssl req -new -key k -passin pass:abcd1234", "abcd1234"),
    ("openssl genrsa -des3 -out a -passout pass:abcd1234 1024", "abcd1234"),
    ("keytool -genkey -storepass hunter22 -keystore k", "hunter22"),
    ("keytool -genkey -keypass hunter22 -keystore k", "hunter22"),
    ("gpg --batch --passphrase hunter22 --import k", "hunter22"),
    ("ssh-keygen -t rsa -N hunter22 -f k", "hunter22"),
    ("7z x -phunter22 a.7z", "hunter22"),
    ("unzip -P hunter22 a.zip", "hunter22"),
    ("edge -c net -kn2nkey9 -l h:1", "n2nkey9"),
    ("ss-server -k hunter22", "hunter22"),
    ("net user admin Pw0rd9 /add", "Pw0rd9"),
    ("net user /add admin Pw0rd9", "Pw0rd9"),
    ('ConvertTo-SecureString "Pw0rd9!" -AsPlainText -Force', "Pw0rd9!"),
    ("New-LocalUser -Name x -Password Pw0rd9", "Pw0rd9"),
    ("jupyter notebook --NotebookApp.token=abc9x", "abc9x"),
    ("conda config --add channels https://c.example.com/t/ab-12345678-cd/main", "ab-12345678-cd"),
    ("superset fab create-admin --username admin --password hunter2", "hunter2"),
    ("anything --client-secret hunter2", "hunter2"),
    ("anything --db.password=hunter2", "hunter2"),
    ("sudo -u bob mysql -uroot -ppw9x", "pw9x"),
    ("sudo -E docker login -u me -p pw9x", "pw9x"),
    ("timeout 30 mysql -ppw9x", "pw9x"),
    ("gosu postgres psql -c \"ALTER USER a PASSWORD 'pgpw1'\"", "pgpw1"),
    ("env DB_PASSWORD=hunter2 ./x", "hunter2"),
    ("export DB_PASSWORD=hunter2", "hunter2"),
    ("bundle exec sentry-cli --auth-token abc9x", "abc9x"),
    ("poetry run twine upload -p pw9x x", "pw9x"),
    ("gost -L http://sdhyabc:noilinux@0.0.0.0:80", "noilinux"),
    (f"anything {TOKENS['npm']}", TOKENS["npm"]),
    ('echo "machine github.com login x password pw9x" > ~/.netrc', "pw9x"),
    ('echo "//r.example.com/:_authToken=abc9x" > .npmrc', "abc9x"),
    ('echo "db:*:*:kobo:kobo" > ~/.pgpass', "kobo"),
    ("echo 'DB_PASSWORD=hunter2' >> .env", "hunter2"),
    ("echo 'password: hunter2' >> x.yml", "hunter2"),
    ("sed -i 's|#sonar.jdbc.password=sonar|sonar.jdbc.password=123qwe|g' f", "123qwe"),
    ("/usr/bin/curl -u a:pw9x https://h", "pw9x"),
    ("C:\\\\tools\\\\nuget.exe setapikey abc9x", "abc9x"),
]  # fmt: skip

VARIABLE = [
    ('curl -u "$USER:$TOKEN" https://h', "$TOKEN", ("TOKEN",)),
    ("curl -u $CREDS_TOKEN https://h", "$CREDS_TOKEN", ("CREDS_TOKEN",)),
    ("curl -u $TOKEN: https://h", "$TOKEN", ("TOKEN",)),
    ('curl -H "Authorization: Bearer ${TOKEN}" https://h', "${TOKEN}", ("TOKEN",)),
    ("curl -H 'PRIVATE-TOKEN: '\"$T\" https://h", "$T", ("T",)),
    ("git clone https://$GITHUB_TOKEN@github.com/o/r.git", "$GITHUB_TOKEN", ("GITHUB_TOKEN",)),
    ("git clone https://oauth2:${T}@gitlab.com/o/r.git", "${T}", ("T",)),
    ('git config --global url."https://${TOKEN}@github.com/".insteadOf "https://github.com/"', "${TOKEN}", ("TOKEN",)),
    ("docker login -u $U -p $PW r.example.com", "$PW", ("PW",)),
    ('npm config set "//r.example.com/:_authToken" "$NPM_TOKEN"', "$NPM_TOKEN", ("NPM_TOKEN",)),
    ("npm config set '//r.example.com/:_authToken' '${NPM_TOKEN}'", "${NPM_TOKEN}", ("NPM_TOKEN",)),
    ("pip install -i $PIP_INDEX_URL x", "$PIP_INDEX_URL", ("PIP_INDEX_URL",)),
    ("pip install --extra-index-url https://$U:$PW@h/simple x", "$PW", ("PW",)),
    ("bundle config set gems.example.com $SIDEKIQ", "$SIDEKIQ", ("SIDEKIQ",)),
    ("bundle config set gems.example.com $U:$PW", "$PW", ("PW",)),
    ("wandb login $WANDB", "$WANDB", ("WANDB",)),
    ("cargo login ${T}", "${T}", ("T",)),
    ("aws configure set aws_secret_access_key $S", "$S", ("S",)),
    ("mysql -uroot -p$PW", "$PW", ("PW",)),
    ('mysql -uroot -p"$PW" x', "$PW", ("PW",)),
    ("mvn -Dpassword=$PW package", "$PW", ("PW",)),
    ("useradd -p $PW bob", "$PW", ("PW",)),
    ("net user admin $env:PW /add", "$env:PW", ("PW",)),
    ("sentry-cli --auth-token $1 x", "$1", ("1",)),
    ('echo "//r.example.com/:_authToken=${NPM_TOKEN}" > .npmrc', "${NPM_TOKEN}", ("NPM_TOKEN",)),
    ('echo "machine h login x password $T" > ~/.netrc', "$T", ("T",)),
    ("export NPM_TOKEN=$T", "$T", ("T",)),
    ("printf '//h/:_authToken=%s\\n' \"$T\" > .npmrc", "$T", ("T",)),
    ('printf \'machine h\\nlogin %s\\npassword %s\\n\' "$U" "$P" > ~/.netrc', "$P", ("P",)),
    ("printf 'https://%s:%s@github.com' $U $P > ~/.git-credentials", "$P", ("P",)),
]

NOTHING = """
curl https://h/x
curl --user user https://h
curl -u user https://h
curl -H "Content-Type: application/json" https://h
curl -H "Authorization: Bearer <token>" https://h
curl -H @/run/secrets/h https://h
curl -o key.gpg https://h/key.gpg
wget -O - https://h/key.asc
git clone git@github.com:o/r
git clone https://github.com/o/r
git config --global url.https://github.com/.insteadOf git://github.com/
git config --global user.email "a@b.c"
git config --global credential.helper store
docker build --secret id=npm,src=.npmrc -t x .
docker login -u me --password-stdin r.example.com
docker run --env-file x y
npm config set registry https://r.example.com
npm config set strict-ssl false
npm install --token-file x
npm ci --ignore-scripts
yarn config set npmRegistryServer https://r.example.com
pip install --index-url https://h/simple x
pip install --trusted-host h x
pip install -i $MIRROR x
poetry config virtualenvs.create false
composer config -g repo.packagist composer https://h
bundle config set without 'development test'
bundle config mirror.https://gems.example.org https://gems.example.com
bundle config build.nokogiri --use-system-libraries
bundle config set path vendor
cargo login --registry r
wandb login
huggingface-cli login
aws configure set region eu-west-1
aws configure set aws_access_key_id "foo"
aws configure set aws_secret_access_key "bar"
aws s3 cp s3://b/k .
az login --identity
mysql -uroot -p -P3306
mysql -uroot -e "SELECT 1"
mysqladmin ping -h 127.0.0.1 --password="$(cat /run/secrets/db-password)"
psql -c "CREATE DATABASE x"
redis-cli ping
keytool -import -alias a -storepass changeit -keystore c -file d
keytool -import -storepass "changeit" -keystore c
openssl rsa -in x -passin env:PW
openssl rsa -in x -passin file:/run/secrets/pw
openssl req -x509 -nodes -newkey rsa:2048 -keyout a.key -out a.crt -subj /CN=x
openssl rand -hex 32
gpg --batch --passphrase '' --gen-key
gpg --keyserver h --recv-keys ABCDEF12
apt-key adv --keyserver h --recv-keys ABCDEF12
ssh-keygen -t rsa -N '' -f k
ssh-keygen -t ed25519 -N "" -q -f k
useradd -m -p '*' kitchen
useradd --password '!' x
adduser --disabled-password --gecos "" bob
usermod -aG docker bob
passwd -d root
htpasswd -c /etc/h admin
sqlplus -s / as sysdba
sqlplus /nolog
sqlplus @scripts/x.sql
jupyter notebook --NotebookApp.token='' --no-browser
jupyter notebook --NotebookApp.password=""
nginx --key /etc/x --password-file y
mysqld --default-authentication-plugin=mysql_native_password
etcd --initial-cluster-token my-etcd
java -Djava.security.egd=file:/dev/./urandom -jar x.jar
mvn -DskipTests package
kubectl apply -f x
terraform apply -auto-approve
echo "kitchen ALL=(ALL) NOPASSWD: ALL" >> /etc/sudoers
echo "Please enter your password: now"
echo "CVE patch refresh token: ${CACHE_REFRESH}"
echo "git:x:33:33:git:/home/git:/bin/bash" >> /etc/passwd
echo 'git:*:16462:0:99999:7:::' >> /etc/shadow
echo "SECRET_KEY = '$(head -c 16 /dev/urandom | base64)'" >> x
echo "MYSECRET=$(cat /run/secrets/MYSECRET)"
printf '//h/:_authToken=%s' "$(cat /run/secrets/t)"
printf 'password=%s'
echo hello
sed -i 's/a/b/' x
sed -i 's/PasswordAuthentication yes/PasswordAuthentication no/' /etc/ssh/sshd_config
sed -i s/^password.*// x
grep --token abc9x file
useradd --password $(head -c32 /dev/urandom) x
rm -rf /root/.ssh
chmod 600 ~/.ssh/id_rsa
ln -s a b
openssl.exe x509 -req -signkey /certs/$KEY_NAME.key
poetry config http-basic.priv PyPI_USERNAME PyPI_PASSWORD
apt-get install -y openssh-server
""".strip().splitlines()


@pytest.mark.parametrize(("command", "secret"), LITERAL)
def test_literal(command: str, secret: str) -> None:
    args, found = run(command)
    assert [args[each.index].text[each.start : each.end].strip("\"'") for each in found] == [secret.strip("\"'")]
    assert found[0].literal
    assert found[0].variables == ()
    assert found[0].option


@pytest.mark.parametrize(("command", "secret", "variables"), VARIABLE)
def test_variable(command: str, secret: str, variables: tuple[str, ...]) -> None:
    args, found = run(command)
    assert [args[each.index].text[each.start : each.end] for each in found] == [secret]
    assert found[0].variables == variables
    assert not found[0].literal


@pytest.mark.parametrize("command", NOTHING)
def test_nothing(command: str) -> None:
    assert secrets(command) == []


@pytest.mark.parametrize(
    ("command", "persists"),
    [
        ("npm config set //h/:_authToken $T", "~/.npmrc"),
        ("yarn config set npmAuthToken $T", "~/.yarnrc.yml"),
        ("pip config set global.index-url https://u:$T@h/simple", "~/.config/pip/pip.conf"),
        ("git clone https://$GIT_TOKEN@h/x", ".git/config"),
        ('git config --global url."https://$GIT_TOKEN@h/".insteadOf https://h/', "~/.gitconfig"),
        ("composer config http-basic.h u $T", "auth.json"),
        ("poetry config pypi-token.x $T", "~/.config/pypoetry/auth.toml"),
        ("bundle config set h.example.com $T", "~/.bundle/config"),
        ("aws configure set aws_secret_access_key $T", "~/.aws/credentials"),
        ("cargo login $T", "~/.cargo/credentials.toml"),
        ("docker login -p $T", "~/.docker/config.json"),
        ("wandb login $T", "~/.netrc"),
        ("huggingface-cli login --token $T", "~/.cache/huggingface/token"),
        ("az login -u x -p $T", "~/.azure"),
        ("useradd -p $T x", "/etc/shadow"),
        ("curl -u a:$T https://h", None),
        ("pip install --index-url https://u:$T@h/simple x", None),
    ],
)
def test_where_the_tool_keeps_it(command: str, persists: str | None) -> None:
    _, found = run(command)
    assert found[0].persists == persists


@pytest.mark.parametrize(
    ("command", "category"),
    [
        ("docker login -p pw9x", Category.REGISTRY_AUTH),
        ("mysql -ppw9x", Category.PASSWORD),
        ("az login -p pw9x", Category.CLOUD_KEY),
        ("x --api-key abc9x", Category.API_KEY),
        ("pip install -i https://u:pw9x@h/simple x", Category.INDEX_URL),
    ],
)
def test_category(command: str, category: Category) -> None:
    assert run(command)[1][0].category is category


def test_stand_ins_are_marked() -> None:
    _, found = run("mysql -uroot -pchangeme")
    assert found[0].placeholder
    assert found[0].confidence is Confidence.LOW


def test_a_key_id_travels_as_a_companion() -> None:
    _, found = run(f"aws configure set aws_access_key_id {TOKENS['aws']}")
    assert [each.companion for each in found] == [True]


def test_several_credentials_in_one_command() -> None:
    command = """mysql -uroot -ppw9x -e "CREATE USER 'a' IDENTIFIED BY 'b1x'; CREATE USER 'c' IDENTIFIED BY 'd2x'" """
    assert secrets(command) == ["pw9x", "b1x", "d2x"]


def test_a_command_substitution_is_neither_literal_nor_variable() -> None:
    _, found = run('docker login -u me -p "$(cat token.txt)"')
    assert not found[0].literal
    assert found[0].variables == ()


def test_text_that_is_no_command() -> None:
    text = "GF_SECURITY_ADMIN_PASSWORD=admin,ELASTICSEARCH_PASSWORD=myelasticpass"
    assert [text[each.start : each.end] for each in text_credentials(text)] == ["admin", "myelasticpass"]
    text = "[default]\naws_secret_access_key = $SECRET\nregion = x\n"
    assert [each.variables for each in text_credentials(text)] == [("SECRET",)]
    assert text_credentials("hello: world") == ()


def test_no_arguments() -> None:
    assert command_credentials("curl", ()) == ()
    assert command_credentials("", (Word("x"),)) == ()


def test_rows_are_consistent() -> None:
    assert len(ROWS) > 120
    for row in ROWS:
        assert row.tools
        assert row.options or row.places or row.shape is Shape.KEYED
        assert all(option[0] in "-/" or option.endswith("=") for option in row.options)
        assert not set(row.tools) & set(ALIASES) or row.tools[0] in ALIASES.values()
