"""Make what private registries of many ecosystems hold: one tiny package each, as files by their paths.

`@BASE@` in a text is the server's own address; `FileServer` fills it in.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from typing import Final

NAME: Final = "unbake-demo"
VERSION: Final = "1.0.0"


def maven_files() -> Mapping[str, bytes]:
    """Return a Maven repository with `com.example:unbake-demo:1.0.0`, and `unbake-parent` to inherit from."""
    head = '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    head += f"<groupId>com.example</groupId><version>{VERSION}</version><artifactId>"
    jar = io.BytesIO()
    with zipfile.ZipFile(jar, "w") as packed:
        packed.writestr(zipfile.ZipInfo("demo.txt"), "demo\n")
    place, parent = (f"com/example/{name}/{VERSION}/{name}-{VERSION}" for name in (NAME, "unbake-parent"))
    files = {
        f"{place}.pom": f"{head}{NAME}</artifactId></project>\n".encode(),
        f"{place}.jar": jar.getvalue(),
        f"{parent}.pom": f"{head}unbake-parent</artifactId><packaging>pom</packaging></project>\n".encode(),
    }
    sums = {f"{name}.sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest() for name, data in files.items()}
    return files | {name: text.encode() for name, text in sums.items()}


def gem_files() -> Mapping[str, bytes]:
    """Return a gem server with a compact index (`versions`, `info/NAME`)."""
    specification = f"""\
--- !ruby/object:Gem::Specification
name: {NAME}
version: !ruby/object:Gem::Version
  version: {VERSION}
platform: ruby
authors: [Demo]
date: 2020-01-01 00:00:00.000000000 Z
files: [lib/unbake_demo.rb]
require_paths: [lib]
required_ruby_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '0'
required_rubygems_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '0'
specification_version: 4
summary: demo
"""
    inner = {
        "metadata.gz": gzip.compress(specification.encode(), mtime=0),
        "data.tar.gz": gzip.compress(_tar({"lib/unbake_demo.rb": b"UNBAKE_DEMO = 42\n"}), mtime=0),
    }
    gem = _tar(inner)
    info = f"---\n{VERSION} |checksum:{hashlib.sha256(gem).hexdigest()}\n"
    digest = hashlib.md5(info.encode(), usedforsecurity=False).hexdigest()
    return {
        "versions": f"created_at: 2020-01-01T00:00:00Z\n---\n{NAME} {VERSION} {digest}\n".encode(),
        f"info/{NAME}": info.encode(),
        f"gems/{NAME}-{VERSION}.gem": gem,
    }


def composer_files() -> Mapping[str, bytes]:
    """Return a Composer repository with the package `unbake/demo`."""
    manifest = {"name": "unbake/demo", "version": VERSION}
    archive = _tar({"demo/composer.json": json.dumps(manifest).encode(), "demo/demo.php": b"<?php return 42;\n"})
    package = {**manifest, "dist": {"type": "tar", "url": "@BASE@/demo.tar"}}
    packages = {"packages": {"unbake/demo": {VERSION: package}}}
    return {"packages.json": json.dumps(packages).encode(), "demo.tar": archive}


def crate_files() -> Mapping[str, bytes]:
    """Return a sparse registry of Cargo that asks for a token for every request."""
    root = f"{NAME}-{VERSION}"
    crate = gzip.compress(
        _tar(
            {
                f"{root}/Cargo.toml": f'[package]\nname = "{NAME}"\nversion = "{VERSION}"\n'.encode(),
                f"{root}/src/lib.rs": b"pub const ANSWER: u32 = 42;\n",
            }
        ),
        mtime=0,
    )
    entry = {
        "name": NAME,
        "vers": VERSION,
        "deps": [],
        "cksum": hashlib.sha256(crate).hexdigest(),
        "features": {},
        "yanked": False,
    }
    config = {"dl": "@BASE@/crates/{crate}-{version}.crate", "api": "@BASE@", "auth-required": True}
    return {
        "config.json": json.dumps(config).encode(),
        f"un/ba/{NAME}": json.dumps(entry).encode() + b"\n",
        f"crates/{root}.crate": crate,
    }


def apt_files() -> Mapping[str, bytes]:
    """Return a flat repository of Debian with the package `unbake-demo`, which holds /opt/demo."""
    control = f"Package: {NAME}\nVersion: {VERSION}\nArchitecture: all\nMaintainer: Demo <demo@example.com>\n"
    described = f"{control}Description: demo\n"
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": gzip.compress(_tar({"./control": described.encode()}), mtime=0),
        "data.tar.gz": gzip.compress(_tar({"./opt/demo": b"demo\n"}), mtime=0),
    }
    package = b"!<arch>\n" + b"".join(_ar_member(name, data) for name, data in parts.items())
    digest = hashlib.sha256(package).hexdigest()
    index = f"{control}Filename: ./demo.deb\nSize: {len(package)}\nSHA256: {digest}\nDescription: demo\n"
    return {"Packages": index.encode(), "demo.deb": package}


def galaxy_files() -> Mapping[str, bytes]:
    """Return Ansible Galaxy with the collection `unbake.demo`."""
    readme = b"demo\n"
    listed = [
        {"name": ".", "ftype": "dir", "chksum_type": None, "chksum_sha256": None, "format": 1},
        {
            "name": "README.md",
            "ftype": "file",
            "chksum_type": "sha256",
            "chksum_sha256": hashlib.sha256(readme).hexdigest(),
            "format": 1,
        },
    ]
    files = json.dumps({"files": listed, "format": 1}).encode()
    info = {"namespace": "unbake", "name": "demo", "version": VERSION, "authors": ["Demo"], "readme": "README.md"}
    manifest = {
        "collection_info": {**info, "dependencies": {}},
        "file_manifest_file": {
            "name": "FILES.json",
            "ftype": "file",
            "chksum_type": "sha256",
            "chksum_sha256": hashlib.sha256(files).hexdigest(),
            "format": 1,
        },
        "format": 1,
    }
    packed = _tar({"MANIFEST.json": json.dumps(manifest).encode(), "FILES.json": files, "README.md": readme})
    artefact = gzip.compress(packed, mtime=0)
    place = "api/v3/plugin/ansible/content/published/collections/index/unbake/demo"
    version = {
        "version": VERSION,
        "href": f"/{place}/versions/{VERSION}/",
        "namespace": {"name": "unbake"},
        "collection": {"name": "demo"},
        "download_url": "@BASE@/demo.tar.gz",
        "artifact": {"filename": "unbake-demo-1.0.0.tar.gz", "sha256": hashlib.sha256(artefact).hexdigest()},
        "metadata": {"dependencies": {}},
        "signatures": [],
    }
    page = {"meta": {"count": 1}, "links": {"next": None}, "data": [version]}
    found = {
        "api": {"available_versions": {"v3": "v3/"}},
        "api/v3/collections/unbake/demo": {"versions_url": "/api/v3/collections/unbake/demo/versions/"},
        "api/v3/collections/unbake/demo/versions": page,
        f"api/v3/collections/unbake/demo/versions/{VERSION}": version,
    }
    return {name: json.dumps(value).encode() for name, value in found.items()} | {"demo.tar.gz": artefact}


def image_files() -> Mapping[str, bytes]:
    """Return a registry of images with `demo:1`, of one small layer."""
    layer = _tar({"demo": b"demo\n"})
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        }
    ).encode()
    blobs = {
        "application/vnd.oci.image.config.v1+json": config,
        "application/vnd.oci.image.layer.v1.tar": layer,
    }
    described = [
        {"mediaType": kind, "digest": f"sha256:{hashlib.sha256(data).hexdigest()}", "size": len(data)}
        for kind, data in blobs.items()
    ]
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described[0],
        "layers": described[1:],
    }
    served = {f"v2/demo/blobs/{one['digest']}": data for one, data in zip(described, blobs.values(), strict=True)}
    return {"v2": b"{}", "v2/demo/manifests/1": json.dumps(manifest).encode(), **served}


def model_files() -> Mapping[str, bytes]:
    """Return a hub of models with `acme/demo`, whose one file is `model.txt`."""
    commit = "1" * 40
    model = {"id": "acme/demo", "modelId": "acme/demo", "sha": commit, "siblings": [{"rfilename": "model.txt"}]}
    entry = [{"type": "file", "path": "model.txt", "size": 6, "oid": "2" * 40}]
    return {
        "api/models/acme/demo/revision/main": json.dumps(model).encode(),
        "api/models/acme/demo": json.dumps(model).encode(),
        f"api/models/acme/demo/tree/{commit}": json.dumps(entry).encode(),
        f"acme/demo/resolve/{commit}/model.txt": b"model\n",
        "acme/demo/resolve/main/model.txt": b"model\n",
    }


def release_files() -> Mapping[str, bytes]:
    """Return Sentry with an organisation `acme` that takes any release."""
    release = {"version": VERSION, "dateCreated": "2020-01-01T00:00:00Z", "projects": [{"slug": "web", "name": "web"}]}
    return {"api/0/organizations/acme/releases": json.dumps(release).encode()}


def nuget_files() -> Mapping[str, bytes]:
    """Return a feed of NuGet (version 3) with the package `Unbake.Demo`."""
    head = '<?xml version="1.0"?><package xmlns="http://schemas.microsoft.com/packaging/2010/07/nuspec.xsd"><metadata>'
    described = (
        f"<id>Unbake.Demo</id><version>{VERSION}</version><authors>Demo</authors><description>demo</description>"
    )
    types = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    types += '<Default Extension="txt" ContentType="text/plain"/><Default Extension="nuspec" ContentType="text/xml"/>'
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as packed:
        packed.writestr(zipfile.ZipInfo("Unbake.Demo.nuspec"), f"{head}{described}</metadata></package>")
        packed.writestr(zipfile.ZipInfo("content/demo.txt"), "demo\n")
        packed.writestr(zipfile.ZipInfo("[Content_Types].xml"), f"{types}</Types>")
    index = {"version": "3.0.0", "resources": [{"@id": "@BASE@/flat/", "@type": "PackageBaseAddress/3.0.0"}]}
    return {
        "index.json": json.dumps(index).encode(),
        "flat/unbake.demo/index.json": json.dumps({"versions": [VERSION]}).encode(),
        f"flat/unbake.demo/{VERSION}/unbake.demo.{VERSION}.nupkg": package.getvalue(),
    }


def hex_files() -> Mapping[str, bytes]:
    """Return what Hex serves of the organization `acme`, which has the package `unbake_demo` for Mix and Rebar 3.

    Registry entries are gzipped protocol buffers without a signature; a client has to be told not to ask for one.
    """
    name, version, root = b"unbake_demo", VERSION.encode(), "repos/acme"
    sources = {
        "mix.exs": b"defmodule UnbakeDemo.MixProject do\n  use Mix.Project\n"
        b'  def project, do: [app: :unbake_demo, version: "1.0.0"]\nend\n',
        "src/unbake_demo.app.src": b'{application, unbake_demo, [{description, "demo"}, {vsn, "1.0.0"},\n'
        b"  {applications, [kernel, stdlib]}]}.\n",
        "src/unbake_demo.erl": b"-module(unbake_demo).\n-export([answer/0]).\nanswer() -> 42.\n",
    }
    contents = gzip.compress(_tar(sources), mtime=0)
    described = {"name": b'<<"unbake_demo">>', "version": b'<<"1.0.0">>', "app": b'<<"unbake_demo">>'}
    described |= {"build_tools": b'[<<"mix">>,<<"rebar3">>]', "requirements": b"[]", "files": b"[]"}
    metadata = b"".join(b'{<<"%s">>,%s}.\n' % (key.encode(), value) for key, value in described.items())
    inner = hashlib.sha256(b"3" + metadata + contents)
    package = _tar(
        {
            "VERSION": b"3",
            "CHECKSUM": inner.hexdigest().upper().encode(),
            "metadata.config": metadata,
            "contents.tar.gz": contents,
        }
    )
    release = _message({1: version, 2: inner.digest(), 5: hashlib.sha256(package).digest()})
    entry = _message({1: _message({1: release, 2: name, 3: b"acme"})})
    return {
        "api/auth": b"",
        "installs/hex-1.x.csv": b"",
        f"{root}/packages/unbake_demo": gzip.compress(entry, mtime=0),
        f"{root}/tarballs/unbake_demo-{VERSION}.tar": package,
    }


def _message(fields: Mapping[int, bytes]) -> bytes:
    """Return a protocol buffer whose fields are all short strings."""
    parts = []
    for number, value in fields.items():
        high, low = divmod(len(value), 128)
        parts.append(bytes([number << 3 | 2, *([low | 128, high] if high else [low])]) + value)
    return b"".join(parts)


def _tar(files: Mapping[str, bytes]) -> bytes:
    """Return a tar archive with the same bytes each time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as packed:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            packed.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _ar_member(name: str, data: bytes) -> bytes:
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n"
    return header.encode() + data + b"\n" * (len(data) % 2)
