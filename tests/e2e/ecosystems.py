"""Describe leaky builds of the ecosystems whose tools are in images of their own, as `scenarios` does."""

from __future__ import annotations

from typing import Final

from tests.e2e.scenarios import Scenario, Serves

_POETRY: Final = """\
[project]
name = "app"
version = "1.0.0"
requires-python = ">=3.11,<4"
dependencies = ["unbake-demo==1.0.0"]

[tool.poetry]
package-mode = false

[[tool.poetry.source]]
name = "internal"
url = "http://@HOST@/simple"
priority = "primary"
"""
_PYTHON: Final = (
    Scenario(
        "uv-sync-with-the-password-of-an-index",
        Serves.PACKAGES,
        {
            "Dockerfile": """\
FROM unbake/python-tools:12 AS build
WORKDIR /app
ARG INDEX_PASSWORD
ENV UV_INDEX_INTERNAL_USERNAME=ci \\
    UV_INDEX_INTERNAL_PASSWORD=$INDEX_PASSWORD
COPY pyproject.toml ./
RUN uv sync --no-managed-python
FROM busybox:1
COPY --from=build /app /app
""",
            "pyproject.toml": """\
[project]
name = "app"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = ["unbake-demo"]

[tool.uv]
package = false

[[tool.uv.index]]
name = "internal"
url = "http://@HOST@/simple"
default = true
""",
        },
        arguments={"INDEX_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "uv-pip-with-a-netrc-that-stays",
        Serves.PACKAGES,
        {
            "Dockerfile": """\
FROM unbake/python-tools:12
ARG INDEX_PASSWORD
RUN echo "machine 127.0.0.1 login ci password ${INDEX_PASSWORD}" > ~/.netrc
RUN uv pip install --no-cache --system --break-system-packages --index-url http://@HOST@/simple unbake-demo
""",
        },
        arguments={"INDEX_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "poetry-config-http-basic",
        Serves.PACKAGES,
        {
            "Dockerfile": """\
FROM unbake/python-tools:12 AS build
WORKDIR /app
ARG INDEX_PASSWORD
ENV POETRY_VIRTUALENVS_CREATE=0
COPY pyproject.toml ./
RUN poetry config http-basic.internal ci "$INDEX_PASSWORD" \\
 && poetry install --no-interaction
RUN python3 -c 'print(__import__("unbake_demo").ANSWER)' > answer
FROM busybox:1
COPY --from=build /app /app
""",
            "pyproject.toml": _POETRY,
        },
        arguments={"INDEX_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "poetry-that-reads-the-variable-itself",
        Serves.PACKAGES,
        {
            "Dockerfile": """\
FROM unbake/python-tools:12 AS build
WORKDIR /app
ENV POETRY_VIRTUALENVS_CREATE=0 POETRY_HTTP_BASIC_INTERNAL_USERNAME=ci
ARG POETRY_HTTP_BASIC_INTERNAL_PASSWORD
COPY pyproject.toml ./
RUN poetry install --no-interaction
FROM busybox:1
COPY --from=build /app /app
""",
            "pyproject.toml": _POETRY,
        },
        arguments={"POETRY_HTTP_BASIC_INTERNAL_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "pipenv-that-leaves-its-request-behind",
        Serves.PACKAGES,
        {
            "Dockerfile": """\
FROM unbake/python-tools:12 AS build
WORKDIR /app
ARG INDEX_PASSWORD
COPY Pipfile ./
RUN pipenv lock && pipenv sync --system
RUN python3 -c 'print(__import__("unbake_demo").ANSWER)' > answer
FROM busybox:1
COPY --from=build /app /app
""",
            "Pipfile": """\
[[source]]
name = "internal"
url = "http://ci:${INDEX_PASSWORD}@@HOST@/simple"
verify_ssl = true

[packages]
unbake-demo = "*"
""",
        },
        arguments={"INDEX_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "ansible-galaxy-with-a-token",
        Serves.GALAXY,
        {
            "Dockerfile": """\
FROM unbake/python-tools:12 AS build
ARG GALAXY_TOKEN
RUN ansible-galaxy collection install unbake.demo --server http://@HOST@/api/ --token "$GALAXY_TOKEN" -p /collections
FROM busybox:1
COPY --from=build /collections /collections
""",
        },
        arguments={"GALAXY_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "hugging-face-download",
        Serves.MODELS,
        {
            "Dockerfile": """\
FROM unbake/python-tools:12 AS build
ARG HF_TOKEN
ENV HF_ENDPOINT=http://@HOST@ HF_HUB_DISABLE_XET=1
RUN hf download acme/demo model.txt --local-dir /model && rm -rf /model/.cache
FROM busybox:1
COPY --from=build /model /model
""",
        },
        arguments={"HF_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "aws-that-reads-the-variable-itself",
        Serves.OBJECTS,
        {
            "Dockerfile": """\
FROM unbake/python-tools:12 AS build
ENV AWS_DEFAULT_REGION=eu-west-1 AWS_ACCESS_KEY_ID=ci-builder
ARG AWS_SECRET_ACCESS_KEY
RUN aws s3 cp --endpoint-url http://@HOST@ s3://bucket/tool /opt/tool
FROM busybox:1
COPY --from=build /opt/tool /opt/tool
""",
        },
        arguments={"AWS_SECRET_ACCESS_KEY": "@CANARY@"},
    ),
    Scenario(
        "sentry-release",
        Serves.RELEASES,
        {
            "Dockerfile": """\
FROM unbake/python-tools:12 AS build
ARG SENTRY_AUTH_TOKEN
RUN sentry-cli --url http://@HOST@ releases --org acme new -p web 1.0.0 && echo 1.0.0 > /release
FROM busybox:1
COPY --from=build /release /release
""",
        },
        arguments={"SENTRY_AUTH_TOKEN": "@CANARY@"},
    ),
)
_PACKAGE: Final = '{"name": "app", "version": "1.0.0", "dependencies": {"@unbake/demo": "1.0.0"}}\n'
_YARN_4: Final = """\
yarnPath: /opt/yarn4/yarn.js
nodeLinker: node-modules
enableGlobalCache: false
enableTelemetry: false
npmMinimalAgeGate: 0
npmRegistryServer: "http://@HOST@"
npmAlwaysAuth: true
unsafeHttpWhitelist: ["127.0.0.1"]
"""
_NODE: Final = (
    Scenario(
        "yarn-1-with-a-variable-in-its-npmrc",
        Serves.NPM,
        {
            "Dockerfile": """\
FROM unbake/node-tools:12 AS build
WORKDIR /app
ARG NPM_TOKEN
COPY package.json ./
RUN echo "registry=http://@HOST@/" > .npmrc && echo "//@HOST@/:_authToken=${NPM_TOKEN}" >> .npmrc
RUN yarn install --no-lockfile
FROM busybox:1
COPY --from=build /app/node_modules /app/node_modules
""",
            "package.json": _PACKAGE,
        },
        arguments={"NPM_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "yarn-4-config-set",
        Serves.NPM,
        {
            "Dockerfile": """\
FROM unbake/node-tools:12 AS build
WORKDIR /app
ARG NPM_TOKEN
COPY package.json .yarnrc.yml ./
RUN yarn config set npmAuthToken "$NPM_TOKEN" && yarn install
FROM busybox:1
COPY --from=build /app/node_modules /app/node_modules
""",
            ".yarnrc.yml": _YARN_4,
            "package.json": _PACKAGE,
        },
        arguments={"NPM_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "yarn-4-that-reads-the-variable-itself",
        Serves.NPM,
        {
            "Dockerfile": """\
FROM unbake/node-tools:12 AS build
WORKDIR /app
ARG YARN_NPM_AUTH_TOKEN
COPY package.json .yarnrc.yml ./
RUN yarn install
FROM busybox:1
COPY --from=build /app/node_modules /app/node_modules
""",
            ".yarnrc.yml": _YARN_4,
            "package.json": _PACKAGE,
        },
        arguments={"YARN_NPM_AUTH_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "pnpm-config-set",
        Serves.NPM,
        {
            "Dockerfile": """\
FROM unbake/node-tools:12 AS build
WORKDIR /app
ARG NPM_TOKEN
RUN pnpm config set //@HOST@/:_authToken "$NPM_TOKEN"
COPY package.json .npmrc ./
RUN pnpm install
RUN node -p 'require("@unbake/demo")' > answer
FROM busybox:1
COPY --from=build /app/answer /app/answer
""",
            ".npmrc": "registry=http://@HOST@/\n",
            "package.json": _PACKAGE,
        },
        arguments={"NPM_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "bun-with-a-variable-in-its-npmrc",
        Serves.NPM,
        {
            "Dockerfile": """\
FROM unbake/node-tools:12 AS build
WORKDIR /app
ARG NPM_TOKEN
ENV NPM_TOKEN=$NPM_TOKEN
COPY package.json .npmrc ./
RUN bun install
FROM busybox:1
COPY --from=build /app/node_modules /app/node_modules
""",
            ".npmrc": "registry=http://@HOST@/\n//@HOST@/:_authToken=${NPM_TOKEN}\n",
            "package.json": _PACKAGE,
        },
        arguments={"NPM_TOKEN": "@CANARY@"},
    ),
)
_POM: Final = """\
<project>
  <modelVersion>4.0.0</modelVersion>
  <parent><groupId>com.example</groupId><artifactId>unbake-parent</artifactId><version>1.0.0</version></parent>
  <artifactId>app</artifactId>
  <packaging>pom</packaging>
</project>
"""
_SETTINGS: Final = """\
<settings>
  <servers>
    <server><id>internal</id><username>ci</username><password>${env.MAVEN_PASSWORD}</password></server>
  </servers>
  <mirrors>
    <mirror><id>internal</id><mirrorOf>*</mirrorOf><url>http://@HOST@</url></mirror>
  </mirrors>
</settings>
"""
_GRADLE: Final = """\
repositories {
    maven {
        url 'http://@HOST@'
        credentials { username 'ci'; password project.property('mavenPassword') }
    }
}
configurations { demo }
dependencies { demo 'com.example:unbake-demo:1.0.0' }
task fetch(type: Copy) { from configurations.demo; into '/libs' }
"""
_JVM: Final = (
    Scenario(
        "maven-settings-that-name-the-variable",
        Serves.MAVEN,
        {
            "Dockerfile": """\
FROM unbake/jvm-tools:12 AS build
WORKDIR /app
ARG MAVEN_PASSWORD
ENV MAVEN_PASSWORD=$MAVEN_PASSWORD
COPY pom.xml settings.xml ./
RUN mvn -B -q -s settings.xml validate
FROM busybox:1
COPY --from=build /root/.m2/repository/com/example/unbake-parent/1.0.0/unbake-parent-1.0.0.pom /
""",
            "pom.xml": _POM,
            "settings.xml": _SETTINGS,
        },
        arguments={"MAVEN_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "gradle-properties-written",
        Serves.MAVEN,
        {
            "Dockerfile": """\
FROM unbake/jvm-tools:12 AS build
WORKDIR /app
ARG MAVEN_PASSWORD
COPY build.gradle ./
RUN mkdir -p /root/.gradle && echo "mavenPassword=$MAVEN_PASSWORD" > /root/.gradle/gradle.properties
RUN gradle --no-daemon --quiet fetch
FROM busybox:1
COPY --from=build /libs /libs
""",
            "build.gradle": _GRADLE,
        },
        arguments={"MAVEN_PASSWORD": "@CANARY@"},
    ),
)
_SMALL: Final = (
    Scenario(
        "bundle-config-of-a-host",
        Serves.GEMS,
        {
            "Dockerfile": """\
FROM unbake/small-tools:12 AS build
WORKDIR /app
ARG GEM_PASSWORD
COPY Gemfile ./
RUN bundle config set --global 127.0.0.1 "ci:$GEM_PASSWORD"
RUN bundle config set --local path vendor && bundle install
FROM busybox:1
COPY --from=build /app/vendor/ruby/3.1.0/gems /gems
""",
            "Gemfile": 'source "http://@HOST@"\ngem "unbake-demo"\n',
        },
        arguments={"GEM_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "composer-config-global",
        Serves.COMPOSER,
        {
            "Dockerfile": """\
FROM unbake/small-tools:12 AS build
WORKDIR /app
ARG COMPOSER_PASSWORD
COPY composer.json ./
RUN composer config --global http-basic.@HOST@ ci "$COMPOSER_PASSWORD"
RUN composer install --no-interaction
FROM busybox:1
COPY --from=build /app/vendor/unbake /app/vendor/unbake
""",
            "composer.json": """\
{
    "repositories": [{"type": "composer", "url": "http://@HOST@"}, {"packagist.org": false}],
    "require": {"unbake/demo": "1.0.0"},
    "config": {"secure-http": false}
}
""",
        },
        arguments={"COMPOSER_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "skopeo-login",
        Serves.IMAGES,
        {
            "Dockerfile": """\
FROM unbake/small-tools:12 AS build
ARG REGISTRY_PASSWORD
RUN skopeo login --tls-verify=false -u ci -p "$REGISTRY_PASSWORD" @HOST@ \\
 && skopeo --insecure-policy copy --src-tls-verify=false docker://@HOST@/demo:1 dir:/demo
FROM busybox:1
COPY --from=build /demo /demo
""",
        },
        arguments={"REGISTRY_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "apt-source-with-a-password",
        Serves.APT,
        {
            "Dockerfile": """\
FROM unbake/userland:12 AS build
ARG APT_PASSWORD
RUN rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* \\
 && echo "deb [trusted=yes] http://@HOST@/ ./" > /etc/apt/sources.list
RUN echo "machine http://@HOST@ login ci password $APT_PASSWORD" > /etc/apt/auth.conf \\
 && apt-get update && apt-get install -y unbake-demo
FROM busybox:1
COPY --from=build /opt/demo /opt/demo
""",
        },
        arguments={"APT_PASSWORD": "@CANARY@"},
    ),
)
_LANGUAGES: Final = (
    Scenario(
        "go-module-of-a-private-host",
        Serves.GIT,
        {
            "Dockerfile": """\
FROM unbake/go-tools:12 AS build
WORKDIR /src
ARG GIT_TOKEN
ENV GOPRIVATE=git.example.com GOFLAGS=-mod=mod CGO_ENABLED=0
RUN git config --global url."http://ci:${GIT_TOKEN}@@HOST@/".insteadOf "https://git.example.com/"
COPY go.mod main.go ./
RUN go get git.example.com/demo.git && go build -trimpath -o /app .
FROM busybox:1
COPY --from=build /app /app
""",
            "go.mod": "module example.com/app\n\ngo 1.19\n",
            "main.go": 'package main\n\nimport d "git.example.com/demo.git"\n\nfunc main() { println(d.Answer) }\n',
        },
        arguments={"GIT_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "cargo-login",
        Serves.CRATES,
        {
            "Dockerfile": """\
FROM unbake/rust-tools:12 AS build
WORKDIR /src
ARG CARGO_TOKEN
COPY . .
RUN cargo login --registry internal "$CARGO_TOKEN"
RUN cargo vendor --quiet vendor
FROM busybox:1
COPY --from=build /src/vendor /vendor
""",
            "Cargo.toml": """\
[package]
name = "app"
version = "1.0.0"
edition = "2021"

[dependencies]
unbake-demo = { version = "1.0.0", registry = "internal" }
""",
            "src/lib.rs": "pub use unbake_demo::ANSWER;\n",
            ".cargo/config.toml": """\
[registry]
global-credential-providers = ["cargo:token"]

[registries.internal]
index = "sparse+http://@HOST@/"
""",
        },
        arguments={"CARGO_TOKEN": "@CANARY@"},
    ),
)
_MIX: Final = """\
defmodule App.MixProject do
  use Mix.Project
  def project, do: [app: :app, version: "1.0.0", deps: [{:unbake_demo, "~> 1.0", organization: "acme"}]]
end
"""
_REBAR: Final = """\
{deps, [{unbake_demo, "1.0.0"}]}.
{hex, [{repos, replace, [#{
    name => <<"acme">>,
    repo_url => <<"http://@HOST@/repos/acme">>,
    repo_public_key => <<>>,
    repo_verify => false
}]}]}.
"""
_BEAM: Final = (
    Scenario(
        "mix-organization-auth-and-a-variable-that-it-reads-itself",
        Serves.HEX,
        {
            "Dockerfile": """\
FROM unbake/beam-tools:12 AS base
WORKDIR /app
ENV HEX_API_URL=http://@HOST@/api HEX_UNSAFE_REGISTRY=1
RUN mix hex.repo set hexpm --url http://@HOST@
COPY mix.exs ./
FROM base AS stored
ARG HEX_KEY
RUN mix hex.organization auth acme --key "$HEX_KEY"
RUN mix deps.get
RUN mix hex.organization deauth acme
FROM base AS read
ARG HEX_REPOS_KEY
RUN mix deps.get
FROM busybox:1
COPY --from=stored /app/deps /app/deps
COPY --from=read /app/deps /app/other
""",
            "mix.exs": _MIX,
        },
        arguments={"HEX_KEY": "@CANARY@", "HEX_REPOS_KEY": "@CANARY@"},
    ),
    Scenario(
        "rebar3-with-a-key-in-its-configuration",
        Serves.HEX,
        {
            "Dockerfile": """\
FROM unbake/beam-tools:12 AS build
WORKDIR /app
ARG HEX_KEY
RUN mkdir -p /root/.config/rebar3 \\
 && echo "#{<<\\"acme\\">> => #{repo_key => <<\\"$HEX_KEY\\">>}}." > /root/.config/rebar3/hex.config
COPY rebar.config ./
COPY src src
RUN rebar3 compile
FROM busybox:1
COPY --from=build /app/_build/default/lib/unbake_demo/src /src
""",
            "rebar.config": _REBAR,
            "src/app.app.src": '{application, app, [{description, "app"}, {vsn, "1"}, {applications, [stdlib]}]}.\n',
        },
        arguments={"HEX_KEY": "@CANARY@"},
    ),
)
_CLOUD: Final = (
    Scenario(
        "nuget-sources-add-and-a-variable-that-it-reads-itself",
        Serves.NUGET,
        {
            "Dockerfile": """\
FROM unbake/cloud-tools:12 AS stored
WORKDIR /app
ARG FEED_PASSWORD
RUN nuget sources add -Name internal -Source http://@HOST@/index.json \\
      -Username ci -Password "$FEED_PASSWORD" -StorePasswordInClearText
COPY packages.config ./
RUN nuget restore packages.config -PackagesDirectory packages -Source http://@HOST@/index.json
FROM unbake/cloud-tools:12 AS read
WORKDIR /app
ARG FEED_PASSWORD
ENV NuGetPackageSourceCredentials_internal="Username=ci;Password=$FEED_PASSWORD"
COPY packages.config nuget.config ./
RUN nuget restore packages.config -PackagesDirectory packages
FROM busybox:1
COPY --from=stored /app/packages/Unbake.Demo.1.0.0/content /stored
COPY --from=read /app/packages/Unbake.Demo.1.0.0/content /read
""",
            "packages.config": '<packages><package id="Unbake.Demo" version="1.0.0" /></packages>\n',
            "nuget.config": """\
<configuration>
  <packageSources>
    <clear />
    <add key="internal" value="http://@HOST@/index.json" />
  </packageSources>
</configuration>
""",
        },
        arguments={"FEED_PASSWORD": "@CANARY@"},
    ),
    Scenario(
        "azcopy-with-a-signature",
        Serves.BLOBS,
        {
            "Dockerfile": """\
FROM unbake/cloud-tools:12 AS build
ARG SAS_TOKEN
RUN azcopy copy "http://@HOST@/account/box/tool?sv=2022-11-02&sp=r&sig=$SAS_TOKEN" /opt/tool \\
      --from-to BlobLocal --check-version=false
FROM busybox:1
COPY --from=build /opt/tool /opt/tool
""",
        },
        arguments={"SAS_TOKEN": "@CANARY@"},
    ),
    Scenario(
        "gsutil-with-a-configuration-that-is-removed-later",
        Serves.BUCKETS,
        {
            "Dockerfile": """\
FROM unbake/cloud-tools:12 AS build
COPY boto.cfg /root/.boto
ARG GS_SECRET
RUN echo "gs_secret_access_key = $GS_SECRET" >> /root/.boto
RUN gsutil cat gs://bucket/tool > /opt/tool
RUN rm /root/.boto
FROM busybox:1
COPY --from=build /opt/tool /opt/tool
""",
            "boto.cfg": """\
[Boto]
is_secure = False
[GSUtil]
software_update_check_period = 0
[Credentials]
gs_host = 127.0.0.1
gs_port = @PORT@
gs_access_key_id = ci-builder
""",
        },
        arguments={"GS_SECRET": "@CANARY@"},
    ),
    Scenario(
        "terraform-module-of-a-private-host",
        Serves.GIT,
        {
            "Dockerfile": """\
FROM unbake/cloud-tools:12 AS build
WORKDIR /app
ARG GIT_TOKEN
RUN git config --global url."http://ci:${GIT_TOKEN}@@HOST@/".insteadOf "https://git.example.com/"
COPY main.tf ./
RUN terraform init && cp .terraform/modules/*/demo.tf /
FROM busybox:1
COPY --from=build /demo.tf /demo.tf
""",
            "main.tf": 'module "demo" {\n  source = "git::https://git.example.com/demo.git"\n}\n',
        },
        arguments={"GIT_TOKEN": "@CANARY@"},
    ),
)

ECOSYSTEMS: Final = (*_PYTHON, *_NODE, *_JVM, *_SMALL, *_LANGUAGES, *_BEAM, *_CLOUD)
