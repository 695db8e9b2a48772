"""List the words by which a name tells what its value is. Data only: a new word is one word here."""

from __future__ import annotations

from typing import Final

from rewriter.judgement.wordlist import wordset

INLINED_PREFIXES: Final = (
    "NEXT_PUBLIC_",
    "NUXT_PUBLIC_",
    "VITE_",
    "REACT_APP_",
    "GATSBY_",
    "EXPO_PUBLIC_",
    "VUE_APP_",
    "NG_APP_",
    "PREACT_APP_",
    "SNOWPACK_PUBLIC_",
    "PLASMO_PUBLIC_",
    "STORYBOOK_",
    "NX_PUBLIC_",
    "RSBUILD_PUBLIC_",
    "RENDERER_VITE_",
    "MAIN_VITE_",
    "PUBLIC_",
)

PASSWORD_WORDS: Final = wordset(
    "password passwords passwd passphrase passcode passkey pword psw psswd passwrd pasword pssword passw"
)
SHORT_PASSWORD_WORDS: Final = wordset("pass pwd pw")
ENDINGS: Final = (
    "passphrase",
    "passwords",
    "password",
    "passwd",
    "secret",
    "token",
    "credentials",
    "credential",
)
"""Words that end a longer word without an underscore: ROOTPASSWORD, ACCESSTOKEN."""

KEY_STEMS: Final = wordset(
    "api secret private priv access auth encryption encrypt signing sign license licence master ssh deploy pub "
    "public gpg pgp app account service user server client session jwt rsa tls ssl site write read"
)
"""Words that run into `key`: APIKEY, PRIVATEKEY, PUBKEY."""

PASS_STEMS: Final = wordset(
    "db my master root user admin sql mysql pg postgres smtp mail ftp vnc redis http https proxy ldap login "
    "web auth key "
    "store rabbit mongo mq rpc ssl cert p12 pfx keystore truststore bind registry docker git svn sudo ctrl "
    "control wifi jdbc oracle sys sa sftp imap vpn rcon server client bot irc samba smb nas cam camera ipmi bmc router "
    "game mongodb mariadb postgresql database backup archive ui webui gui api mailer pgadmin grafana kibana jenkins"
)
"""Words that run into `pass`, `pwd`, `pw`: DBPASS, KEYPASS."""

NOT_A_WORD_SPLIT: Final = wordset("sshpass compass bypass tresspass trespass keypass1 nopasswd nopassword passwordless")

FLAG_WORDS: Final = wordset(
    "allow allowed require requires required use uses using enable enabled disable disabled no not skip install "
    "with without has have is generate autogenerate ignore force should show hide hidden need needs accept "
    "validate validates empty support supports include exclude display mandatory nopasswd nopassword passwordless "
    "debug log"
)
DUMMY_WORDS: Final = wordset("dummy fake mock mocked bogus")

NEUTRAL_ENDINGS: Final = wordset(
    "value val base encoded string str text raw data content contents json yaml yml xml pem arg env var prod "
    "production prd dev devel development staging stage stg qa uat test testing local localhost default ci build "
    "ro rw read readonly write old new current previous prev secondary again confirm confirmation plain "
    "cleartext clear override input internal external v b x live sandbox main runtime here"
)

NOT_SECRET_ENDINGS: Final[dict[str, str]] = {
    word: reason
    for reason, words in (
        ("names a file", ("file files filename filepath path paths dir dirs directory folder location keystore "
         "truststore keyring sock socket db sqlite mount mountpoint volume")),
        ("names an address", ("url urls uri uris endpoint endpoints link links host hosts hostname hostnames port "
         "ports domain domains server servers address addr ip origin origins callback redirect urlpaths site")),
        ("a version", "version versions release revision rev"),
        ("an identifier", "id ids uuid guid identifier serial"),
        ("a name", ("name names username usernames user users alias aliases label labels title email mail account "
         "owner group groups role roles team org orga organisation organization namespace project subject "
         "realm tenant slug nickname")),
        ("a setting", ("length len size sizes bits bytes algorithm algorithms algo alg type types kind format "
         "formats encoding mode modes method methods policy policies scheme schemes strategy header headers "
         "issuer iss audience aud claim claims scope scopes prefix prefixes suffix suffixes pattern patterns "
         "regex template templates description comment count counts max min limit limits iterations rounds cost "
         "index range provider providers backend backends driver engine manager store storage service services "
         "arn ref reference region zone bucket container image repo repository branch tag authentication "
         "authenticator authenticators authorization cmd command script program hook hooks plugin plugins module "
         "class column field fields param params parameter parameters attribute attributes attempts retries "
         "strength complexity rotation rotate reset recovery source target permissions mask level order page map "
         "usage protocol protocols hint parallelism style language lang locale layout theme charset separator "
         "delimiter quota threshold rate rates ratio cache logger logging verbosity validation validator "
         "validators generator generators hasher hashers checker change changes change_interval history "
         "requirements rules rule special chars characters digits uppercase lowercase words wordlist vault "
         "sync model models price pricing symbol decimals supply contract window budget tokenizer")),
        ("a time", ("ttl expiry expires expire expired expiration exp lifetime lifespan timeout duration age "
         "interval seconds secs minutes mins hours days ms time date timestamp in after before validity period")),
        ("a flag", ("enabled disabled enable disable required allowed active optional on off flag check "
         "authentification login signup registration support")),
        ("a checksum", "fingerprint fingerprints thumbprint checksum checksums sha md5 digest"),
        ("a public certificate", "cert certs certificate certificates crt cer ca chain bundle csr pub public"),
    )
    for word in words.split()
}  # fmt: skip

KEY_YES: Final[dict[str, str]] = {
    word: category
    for category, words in (
        ("api-key", ("role api apis admin rest write ingest ingestion integration subscription push pull publish "
         "upload "
         "registry app application project bot organization org account sdk backend")),
        ("signing-key", ("secret encryption encrypt encrypting encrypted decryption decrypt master signing sign "
         "jwt session cookie fernet hmac aes cipher crypt crypto csrf xsrf seal unseal webhook security totp otp "
         "enc gossip rotation vapid shared preshared psk hash base seed")),
        ("private-key", ("private priv prv ssh deploy rsa ed dsa ecdsa tls ssl wireguard wg service host server "
         "identity git json sa robot")),
        ("token", ("auth authentication access join enroll enrollment bootstrap invite storage cluster node "
         "provisioning activation auth0 tailscale ts")),
        ("licence", "license licence licensing lic product"),
    )
    for word in words.split()
}  # fmt: skip

KEY_SURE: Final = wordset(
    "api secret private priv prv encryption encrypt encrypting decryption decrypt master signing jwt session fernet "
    "hmac deploy ssh account unseal license licence"
)
"""Qualifiers of `key` that leave no doubt."""

KEY_PUBLIC: Final = wordset(
    "public pub publishable anon gpg pgp site browser recaptcha dkim authorized recv trusted known maintainer "
    "maintainers"
)
KEY_NO: Final = wordset(
    "prefix primary foreign partition sort range cache apt yum rpm dnf hot map consumer "
    "row composite unique idempotency idempotence object group index lookup instrumentation repo "
    "repository archive release releases dedup shard tab page short home return escape any metric label annotation "
    "translation locale config setting env param attribute header message routing topic queue event redis "
    "measurement tracking feature flag plugin query search debian ubuntu distro "
    "import meta field column type lock first last next prev parent registry_key bucket s3 i18n kms cmk "
    "ck left right up down enter space alt ctrl shift meta windows win hotkey sub alias"
)

COUNT_WORDS: Final = wordset(
    "max min num n number limit output input completion prompt total context batch per new pad eos bos unk "
    "mask stop sep cls special special_ count chunk"
)
"""Words before `token(s)` that speak of language models, not of credentials."""

DATABASE_WORDS: Final = wordset(
    "database databases db postgres postgresql pg pgsql psql mysql mariadb mongo mongodb clickhouse mssql sqlserver "
    "cockroach "
    "cockroachdb timescale prisma amqp amqps rabbit rabbitmq cloudamqp cloudkarafka broker sqlalchemy alchemy sql "
    "ecto diesel sqlx neon rds jawsdb cleardb shadow"
)
MAYBE_DATABASE_WORDS: Final = wordset(
    "redis rediscloud redistogo valkey celery smtp mailer couchdb couchbase neo4j jdbc datasource"
)
INDEX_WORDS: Final = wordset("gemfury fury index cloudsmith packagecloud artifactory")
URL_WORDS: Final = wordset("url urls uri uris dsn")
CLOUD_WORDS: Final = wordset(
    "aws amazon azure gcp gcloud google s3 minio r2 oss bucket spaces wasabi digitalocean do oci ibm aliyun alibaba "
    "tencent b2 backblaze storage ceph scaleway scw linode arm"
)
SIGNING_WORDS: Final = wordset(
    "jwt session cookie auth nextauth app application signing sign csrf hmac django flask rails laravel express "
    "symfony encryption key base authentik webhook"
)
