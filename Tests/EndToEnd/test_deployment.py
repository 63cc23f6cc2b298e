# SPDX-License-Identifier: Apache-2.0
"""deploy/compose, deploy/helm and deploy/terraform: what can be checked without a cluster.

The upgrade itself is tried by Tests/Edge/test_upgrade.py, with processes.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

from harness import edges
from harness.helmchart import Chart
from harness.http1 import get
from harness.program import Program
from harness.tools import ROOT, need, streamer_binary
from harness.waiting import wait_until

COMPOSE = ROOT / "deploy/compose"
CHART = ROOT / "deploy/helm/streamer"
TERRAFORM = ROOT / "deploy/terraform"
SERVICES = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]
ORIGINS = {name: service for name, service in SERVICES.items() if name.startswith("origin-")}
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
WITH_BBR = {**VALUES, "edge": {**VALUES["edge"], "congestionControl": "bbr"}}
SYSCTL = edges.CONFIGURATIONS / "sysctl/60-streamer-edge.conf"
RULES = (edges.CONFIGURATIONS / "varnish/live.vcl").read_text()


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    """A finished command."""
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=60, check=False, **options)  # type: ignore[call-overload]


def check_settings(path: Path, environment: dict[str, str]) -> None:
    """The program accepts a configuration file in this environment."""
    done = run(streamer_binary(), "--check", env={**os.environ, **environment,
                                                  "STREAMER_CONFIG": str(path)})
    assert done.returncode == 0 and "unknown" not in done.stderr, done.stderr


def parameters_of_varnish(words: list[str]) -> list[str]:
    """The values of -p in a command of varnishd."""
    return [words[index + 1] for index, word in enumerate(words) if word == "-p"]


def shipped_parameters() -> list[str]:
    """The values of -p in the unit of deploy/edge."""
    unit = edges.CONFIGURATIONS / "varnish/varnish.service.d/streamer.conf"
    return re.findall(r"-p (\w+=\w+)", unit.read_text())


def test_each_mounted_file_of_compose_exists() -> None:
    """Files beside the compose file are there, except the certificate that the document makes."""
    document = (ROOT / "docs/kubernetes.md").read_text()
    mounts = [volume.split(":")[0] for service in SERVICES.values()
              for volume in service["volumes"] if volume.startswith(".")]
    assert len(mounts) >= 10
    made = {name for name in mounts if not (COMPOSE / name).exists()}
    assert made == {"./cert.pem", "./key.pem"}
    assert all(f"out {Path(name).name}" in document for name in made)
    assert all((COMPOSE / service["build"]["dockerfile"]).is_file()
               for service in SERVICES.values() if "build" in service)


@pytest.mark.parametrize("name", ORIGINS)
def test_a_server_of_compose(name: str, server: Program) -> None:
    """It accepts the settings, leaves without ending its streams, and its probe is answered."""
    service = ORIGINS[name]
    environment = service["environment"]
    check_settings(COMPOSE / "streamer.json",
                   {key: value for key, value in environment.items() if key != "STREAMER_CONFIG"})
    assert service["stop_signal"] == "SIGUSR2"
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)(/\w+)", service["healthcheck"]["test"][-1])
    assert found and found[1] == environment["STREAMER_HTTP_PORT"]
    wait_until(lambda: get(server.port, found[2]).status == 200, 15, "ready")


def test_the_services_of_compose_find_each_other() -> None:
    """Ports in the rules, the scrape and the dashboard are those of the services."""
    ports = [service["environment"]["STREAMER_HTTP_PORT"] for service in ORIGINS.values()]
    vcl = (edges.CONFIGURATIONS / "varnish/two-origins.vcl").read_text()
    assert re.findall(r'\.port = "(\d+)"', vcl) == ports
    scrape = yaml.safe_load((COMPOSE / "prometheus.yml").read_text())
    job = scrape["scrape_configs"][0]
    assert job["job_name"] == "streamer"
    assert job["static_configs"][0]["targets"] == [f"127.0.0.1:{port}" for port in ports]
    varnish = shlex.split(SERVICES["varnish"]["command"])
    assert parameters_of_varnish(varnish) == shipped_parameters()
    terminator = (edges.CONFIGURATIONS / "nginx/terminator.conf").read_text()
    assert f"server {varnish[varnish.index('-a') + 1]};" in terminator
    replaced = re.findall(r"s/(.*?)/(.*?)/", SERVICES["nginx"]["command"][2])
    assert [old for old, _ in replaced if terminator.count(old) == 1] == [replaced[0][0]]
    assert replaced[0] == (f"# server 127.0.0.1:{ports[1]} backup;",
                           f"server 127.0.0.1:{ports[1]} backup;")
    source = yaml.safe_load((COMPOSE / "grafana/datasource.yml").read_text())["datasources"][0]
    listening = next(word for word in SERVICES["prometheus"]["command"] if "listen" in word)
    assert source["url"] == f"http://{listening.split('=')[1]}"
    boards = yaml.safe_load((COMPOSE / "grafana/dashboards.yml").read_text())["providers"][0]
    assert any(f":{boards['options']['path']}/" in volume
               for volume in SERVICES["grafana"]["volumes"])


def test_compose_has_the_congestion_control_of_the_machine() -> None:
    """Docker refuses sysctls of the network beside network_mode: host: the document sets them."""
    for name, service in SERVICES.items():
        assert service["network_mode"] == "host", f"{name}: give it sysctls of its own"
        assert "sysctls" not in service, f"{name}: docker would refuse it"
    steps = (ROOT / "docs/kubernetes.md").read_text().split("docker compose up --detach")[0]
    assert f"cp ../edge/sysctl/{SYSCTL.name} /etc/sysctl.d/" in steps
    assert f"sysctl -p /etc/sysctl.d/{SYSCTL.name}" in steps
    assert SYSCTL.is_file() and f"../edge/sysctl/{SYSCTL.name}" in (
        COMPOSE / "compose.yaml").read_text()


def test_prometheus_accepts_its_configuration(tmp_path: Path) -> None:
    """promtool checks the scrape and the alerts."""
    promtool = need("promtool", "the configuration of Prometheus")
    text = (COMPOSE / "prometheus.yml").read_text()
    text = text.replace("/etc/prometheus/alerts.yml", str(ROOT / "deploy/prometheus/alerts.yml"))
    (tmp_path / "prometheus.yml").write_text(text)
    done = run(promtool, "check", "config", tmp_path / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr


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


@pytest.mark.parametrize("folder", ["cloudfront", "fastly"])
def test_terraform_accepts_the_form(folder: str) -> None:
    """`terraform fmt` parses the files, and has nothing to change."""
    done = run(need("terraform", "the files of deploy/terraform"), "fmt", "-check", "-diff",
               TERRAFORM / folder)
    assert done.returncode == 0 and not done.stdout, done.stdout + done.stderr


def test_a_cdn_has_the_rules_of_the_cache() -> None:
    """The parameters in the key, and the closed paths, are those of live.vcl."""
    found = re.search(r"\(\?!\(\?:([\w|]+)\)=\)", RULES)
    closed = re.search(r"\(api\|([^)]*)\)", RULES)
    assert found and closed
    names = found[1].split("|")
    main = (TERRAFORM / "cloudfront/main.tf").read_text()
    listed = re.search(r"query_strings \{\s+items = (\[.*?\])", main)
    assert listed and json.loads(listed[1]) == names
    fastly = (TERRAFORM / "fastly/recv.vcl.tftpl").read_text()
    assert f"^({'|'.join(names)})$" in fastly
    for text in (fastly, (TERRAFORM / "cloudfront/route.js.tftpl").read_text()):
        assert f"(api|{closed[1]})" in text
    for name in re.findall(r'\$\{path\.module\}/([\w.]+)', main + (
            TERRAFORM / "fastly/main.tf").read_text()):
        assert any((TERRAFORM / folder / name).is_file() for folder in ("cloudfront", "fastly"))


def test_the_function_of_cloudfront_chooses_the_origin(tmp_path: Path) -> None:
    """New segments come from the server, old ones from the bucket; closed paths stay closed."""
    node = need("node", "the function of CloudFront")
    text = (TERRAFORM / "cloudfront/route.js.tftpl").read_text()
    text = text.replace("${window_seconds}", "20").replace("${segment_seconds}", "1")
    assert "${" not in text and text.count("import cf from 'cloudfront';") == 1
    text = text.replace("import cf from 'cloudfront';", """
      let chosen = 'server';
      const cf = { selectRequestOriginById: (name) => { chosen = name; } };""")
    script = tmp_path / "route.mjs"
    script.write_text(text + """
      const now = Math.floor(Date.now() / 1000);
      const answers = JSON.parse(process.argv[2]).map((uri) => {
        chosen = 'server';
        const named = uri.replace('NEW', now).replace('OLD', now - 60);
        const found = handler({ request: { uri: named } });
        return found.statusCode ?? chosen;
      });
      console.log(JSON.stringify(answers));""")
    rows = {"/live/video/segmentNEW.m4s": "server", "/live/video/segmentOLD.m4s": "bucket",
            "/live/720p/segmentOLD.m4s": "bucket", "/live/video/segmentOLD.3.m4s": "server",
            "/live/video/playlist.m3u8": "server", "/live/video/init-0123abcd.mp4": "server",
            "/t/x/live/video/segmentNEW.m4s": "server", "/t/x/live/video/segmentOLD.m4s": 404,
            "/api/streams": 404, "/t/x/metrics": 404, "/stats.json": 404, "/stats.jsonx": "server",
            "/metric%73": 400, "//metrics": 400}
    done = run(node, script, json.dumps(list(rows)))
    assert done.returncode == 0, done.stderr
    assert dict(zip(rows, json.loads(done.stdout))) == rows
