"""Start projects so that nothing of the machine, of its network or of what runs already is touched."""

from __future__ import annotations

import json

import pytest

from rewriter.errors import InspectionError
from rewriter.inspect.harmless import LABEL, Project, Surroundings, harmless
from rewriter.inspect.oci import Json, at, items, text
from rewriter.inspect.stacks import projects

AROUND = Surroundings("/trial/before", "unbake-verify:0")


def started(service: dict[str, Json], **more: Json) -> Project:
    return harmless({"services": {"web": service}, **more}, AROUND)


def web(project: Project) -> Json:
    return at(project.model, "services", "web")


def test_what_makes_a_program_run_stays() -> None:
    service: dict[str, Json] = {
        "image": "shop:1",
        "command": ["serve", "$$HOME"],
        "environment": {"A": "b"},
        "healthcheck": {"test": ["CMD", "true"]},
        "depends_on": {"db": {"condition": "service_healthy"}},
        "user": "1000",
    }
    kept = web(started(service))
    assert {key: at(kept, key) for key in service} == service
    assert at(kept, "restart") == "no"


@pytest.mark.parametrize(
    "key", ["privileged", "cap_add", "devices", "pid", "ipc", "userns_mode", "security_opt", "volumes_from", "provider"]
)
def test_what_reaches_into_the_machine_is_left_out_and_told(key: str) -> None:
    project = started({"image": "shop:1", key: True})
    assert key not in json.dumps(project.model)
    assert project.notes == (f"web: started without {key}",)


@pytest.mark.parametrize("key", ["ports", "container_name", "labels", "deploy", "logging", "scale"])
def test_what_others_would_see_is_left_out(key: str) -> None:
    project = started({"image": "shop:1", key: "of-theirs"})
    assert "of-theirs" not in json.dumps(project.model)
    assert project.notes == ()


@pytest.mark.parametrize(
    "source", ["/var/run/docker.sock", "/root/.ssh", "/", "/trial/before/../after", "/trial/before-else", "//etc"]
)
def test_no_place_of_the_machine_is_mounted(source: str) -> None:
    project = started({"image": "a", "volumes": [{"type": "bind", "source": source, "target": "/x"}]})
    assert at(web(project), "volumes") == []
    assert project.copied == ()
    assert project.notes == ("web: started without /x, which would be a file or folder of this machine",)


def test_places_of_the_tree_are_mounted_from_copies() -> None:
    project = started({"image": "a", "volumes": [{"type": "bind", "source": "/trial/before/./data", "target": "/x"}]})
    assert project.copied == ("/trial/before/data",)


def test_volumes_and_networks_are_new_ones() -> None:
    project = started(
        {
            "image": "a",
            "volumes": [{"type": "volume", "source": "data", "target": "/data"}],
            "networks": {"front": {"aliases": ["shop"], "ipv4_address": "10.1.2.3"}},
        },
        volumes={"data": {"name": "real-data"}, "other": {"external": True, "name": "theirs"}},
        networks={"front": {"name": "proxy", "external": True}, "default": {"driver": "host"}},
    )
    label = {LABEL: "/trial/before"}
    assert at(project.model, "volumes") == {"data": {"labels": label}, "other": {"labels": label}}
    assert at(project.model, "networks", "front") == {"internal": True, "labels": label}
    assert at(project.model, "networks", "default") == {"internal": True, "labels": label}
    assert at(web(project), "networks") == {"front": {"aliases": ["shop"]}}


@pytest.mark.parametrize("mode", ["host", "container:other", "bridge"])
def test_network_of_the_machine_is_not_joined(mode: str) -> None:
    assert at(web(started({"image": "a", "network_mode": mode})), "network_mode") is None


@pytest.mark.parametrize("mode", ["none", "service:db"])
def test_network_within_the_project_stays(mode: str) -> None:
    assert text(web(started({"image": "a", "network_mode": mode})), "network_mode") == mode


def test_images_that_are_built_get_names_of_our_own() -> None:
    build: dict[str, Json] = {"context": "/trial/before", "tags": ["theirs:1"], "cache_to": ["type=registry"]}
    project = started({"image": "theirs:2", "build": build})
    assert text(web(project), "image") == project.images["web"] == "unbake-verify:0-0"
    assert "theirs" not in json.dumps(project.model)
    assert "registry" not in json.dumps(project.model)


def test_build_from_outside_is_refused() -> None:
    with pytest.raises(InspectionError, match="name the folder above"):
        started({"build": {"context": "/trial"}})


@pytest.mark.parametrize("place", ["/etc", "/trial/before/../after", "oci-layout:///var/lib/x", "../x", 3])
def test_further_context_from_outside_is_refused(place: Json) -> None:
    with pytest.raises(InspectionError, match="takes a context from outside"):
        started({"build": {"context": "/trial/before", "additional_contexts": {"x": place}}})


@pytest.mark.parametrize(
    "place", ["/trial/before/lib", "docker-image://alpine:3", "https://example.com/x.git", "service:b"]
)
def test_further_context_stays(place: str) -> None:
    project = started({"build": {"context": "/trial/before", "additional_contexts": {"x": place}}})
    assert at(project.model, "services", "web", "build", "additional_contexts") == {"x": place}


def test_build_gets_no_key_of_the_machine() -> None:
    project = started({"build": {"context": "/trial/before", "ssh": ["default", "own=/root/.ssh/id_ed25519"]}})
    assert at(project.model, "services", "web", "build", "ssh") is None
    assert project.notes == ("web: built without ssh: it is handed no key and no agent of this machine",)


def test_secrets_of_the_tree_and_of_variables_are_granted_and_others_are_not() -> None:
    grants: list[Json] = [{"source": name, "target": f"/run/secrets/{name}"} for name in ("one", "two", "far", "swarm")]
    secrets: dict[str, Json] = {
        "one": {"name": "p_one", "file": "/trial/before/secrets/one.txt"},
        "two": {"name": "p_two", "environment": "TWO"},
        "far": {"name": "p_far", "file": "/etc/shadow"},
        "swarm": {"name": "swarm", "external": True},
    }
    model: dict[str, Json] = {"services": {"web": {"image": "a", "secrets": grants}}, "secrets": secrets}
    project = harmless(model, AROUND)
    assert [text(one, "source") for one in items(at(web(project), "secrets"))] == ["one", "two"]
    assert at(project.model, "secrets", "one") == {"file": "/trial/before/secrets/one.txt"}
    assert len(project.notes) == 2
    given = Surroundings("/trial/before", "x", given={"swarm": "/trial/external/swarm"})
    project = harmless(model, given)
    assert at(project.model, "secrets", "swarm") == {"file": "/trial/external/swarm"}


@pytest.mark.parametrize("model", [None, [], "x", {}, {"services": []}, {"services": {"a": None}}])
def test_a_model_without_services_starts_nothing(model: Json) -> None:
    assert harmless(model, AROUND).services == ()


def test_files_of_a_project() -> None:
    known = ("compose.yaml", "compose.override.yaml", "docker-compose.yml", "prod.yaml", "api/docker-compose.dev.yml")
    assert tuple(projects(("compose.override.yaml",), known)) == (("compose.yaml", "compose.override.yaml"),)
    assert tuple(projects(("compose.yaml", "prod.yaml"), known)) == (
        ("compose.yaml", "compose.override.yaml"),
        ("compose.yaml", "prod.yaml"),
    )
    assert tuple(projects(("api/docker-compose.dev.yml",), known)) == (("api/docker-compose.dev.yml",),)
