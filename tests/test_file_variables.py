"""Test the tables of images that read a variable from a file."""

from __future__ import annotations

import pytest

from rewriter.file_variables import ImageTableError, image_name, image_version, load, table_of, tables

GOOD = 'title = "X"\nimages = ["x"]\nreader = "root"\nboth = "refused"\n'


@pytest.mark.parametrize(
    ("reference", "name", "version"),
    [
        ("postgres", "postgres", ()),
        ("postgres:16.2-alpine", "postgres", (16, 2)),
        ("docker.io/library/mysql:8@sha256:0123", "mysql", (8,)),
        ("index.docker.io/grafana/grafana:v11.1.0", "grafana/grafana", (11, 1, 0)),
        ("registry.example.com:5000/team/postgres", "registry.example.com:5000/team/postgres", ()),
        ("minio/minio:RELEASE.2024-01-01T00-00-00Z", "minio/minio", (2024,)),
        ("mongo:latest", "mongo", ()),
    ],
)
def test_a_reference_is_taken_apart(reference: str, name: str, version: tuple[int, ...]) -> None:
    assert image_name(reference) == name
    assert image_version(reference) == version


@pytest.mark.parametrize(
    ("reference", "variable", "form"),
    [
        ("postgres:16", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"),
        ("postgres", "POSTGRES_HOST_AUTH_METHOD", None),
        ("grafana/grafana:11.0", "GF_DATABASE_PASSWORD", "GF_DATABASE_PASSWORD__FILE"),
        ("gitea/gitea:1", "GITEA__database__PASSWD", "GITEA__database__PASSWD__FILE"),
        ("rabbitmq:3.8.9-management", "RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_PASS_FILE"),
        ("rabbitmq:3", "RABBITMQ_DEFAULT_PASS", None),
        ("rabbitmq:latest", "RABBITMQ_DEFAULT_PASS", None),
        ("rabbitmq:3.12", "RABBITMQ_DEFAULT_PASS", None),
        ("mariadb:10", "MARIADB_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD_FILE"),
        ("mariadb:10.1", "MARIADB_ROOT_PASSWORD", None),
        ("mariadb:5.5", "MYSQL_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD_FILE"),
        ("influxdb:1.8", "DOCKER_INFLUXDB_INIT_PASSWORD", None),
        ("influxdb:2.7", "DOCKER_INFLUXDB_INIT_PASSWORD", "DOCKER_INFLUXDB_INIT_PASSWORD_FILE"),
        ("neo4j:5.26", "NEO4J_AUTH", "NEO4J_AUTH_PATH"),
        ("neo4j:4.4", "NEO4J_AUTH", None),
        ("quay.io/keycloak/keycloak:26.0", "KC_DB_PASSWORD", None),
    ],
)
def test_file_form(reference: str, variable: str, form: str | None) -> None:
    table = table_of(reference)
    assert table is not None
    found = table.form(variable, image_version(reference))
    assert (found.of(variable) if found else None) == form


def test_every_image_stands_in_one_table() -> None:
    images = [image for table in tables() for image in table.images]
    assert len(images) == len(set(images))
    assert len(tables()) >= 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title =", "image x: "),
        (GOOD + "more = 1\n", "unknown key 'more'"),
        (GOOD.replace('"root"', '"nobody"'), "nobody"),
        (GOOD.replace('"refused"', "1"), "'both' has to be a string"),
        (GOOD + 'uid = "1000"\n', "'uid' has to be a number"),
        (GOOD + "variables = 1\n", "'variables' has to be an array of tables"),
        (GOOD + "[[variables]]\nnames = []\n", "'names' has to name a variable"),
        (GOOD + '[[variables]]\nnames = ["A"]\nsince = "x"\n', "'since' has to be a version"),
        (GOOD + '[[variables]]\nnames = "A"\n', "'names' has to be an array of strings"),
        (GOOD + '[[variables]]\nnames = ["A"]\nfile = "x"\n', "unknown key 'file'"),
    ],
)
def test_a_table_that_breaks_the_schema_is_refused(text: str, message: str) -> None:
    with pytest.raises(ImageTableError, match=message):
        load("x", text)
