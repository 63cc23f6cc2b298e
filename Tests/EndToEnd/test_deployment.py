# SPDX-License-Identifier: Apache-2.0
"""deploy/compose and deploy/terraform: what can be checked without docker and without a CDN."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import jsonschema
import pytest
import yaml

from harness import edges
from harness.deployment import (
    RULES, SYSCTL, check_settings, parameters_of_varnish, run, shipped_parameters)
from harness.http1 import get
from harness.program import Program
from harness.tools import ROOT, need
from harness.waiting import wait_until

COMPOSE = ROOT / "deploy/compose"
TERRAFORM = ROOT / "deploy/terraform"
EDGE = ROOT / "deploy/edge"
SERVICES = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]
ORIGINS = {name: service for name, service in SERVICES.items() if name.startswith("origin-")}


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


@pytest.fixture(scope="module")
def compose_schema(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The schema of compose files, from Debian's package; skipped if its mirror does not answer."""
    folder = tmp_path_factory.mktemp("compose")
    got = run("apt-get", "download", "-qq", "docker-compose", cwd=folder)
    if got.returncode != 0:
        pytest.skip(f"no schema of compose files: {got.stderr[-200:]}")
    for package in folder.glob("*.deb"):
        assert run("dpkg-deb", "-x", package, folder).returncode == 0
    [path] = folder.rglob("compose_spec.json")
    found = json.loads(path.read_text())
    assert isinstance(found, dict)
    return found


def test_the_compose_file_obeys_the_schema(compose_schema: dict) -> None:
    """The schema of the Compose specification accepts the file; it refuses unknown keys."""
    file = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    check = jsonschema.Draft201909Validator(compose_schema)
    assert [error.message for error in check.iter_errors(file)] == []
    file["services"]["varnish"]["port"] = 80
    [error] = check.iter_errors(file)
    assert "'port'" in error.message


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


# The form of Host that each edge sends on, between the marks of its language.
HOSTS = {"varnish/live.vcl": r'Host !~ "([^"]+)"', "nginx/terminator.conf": r'"~(\^\([^"]+)" 0',
         "nginx/checking.conf": r'"~(\^\([^"]+)" 0', "nginx/alone.conf": r'"~(\^\([^"]+)" 0',
         "trafficserver/fields.config": r"Host} /(.+)/ \[NOT\]",
         "../terraform/fastly/recv.vcl.tftpl": r'Host !~ "([^"]+)"'}


@pytest.mark.parametrize("name", HOSTS)
def test_an_edge_refuses_what_is_no_host(name: str) -> None:
    """The hosts of deploy/edge/cases.json that must be refused, and usual ones that must not."""
    found = re.search(HOSTS[name], (EDGE / name).read_text())
    assert found
    # Traffic Server reads a backslash as the beginning of an escape.
    form = found[1].replace("\\\\", "\\")
    refused = [value for case in json.loads((EDGE / "cases.json").read_text())
               if case["is"] == ["refused"] and case["name"].startswith("Host")
               for field, value in case["fields"] if field == "Host"]
    assert len(refused) >= 9 and not [host for host in refused if re.search(form, host)]
    for host in ("live.example", "live.example:8443", "127.0.0.1:1", "[::1]:8080", "a_b.example"):
        assert re.search(form, host), host


def test_no_cdn_keeps_what_is_for_one_client() -> None:
    """RFC 9111 §5.2.2.5: the rule about no-store is before each rule that gives a lifetime."""
    for text, first in ((RULES, "beresp.ttl ="),
                        ((TERRAFORM / "fastly/fetch.vcl").read_text(), "beresp.ttl = 1s")):
        rule = re.search(r"status >= 400 && beresp.http.Cache-Control ~ \"[^\"]*no-store", text)
        assert rule and rule.start() < text.index(first)


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
        const request = { uri: named, method: 'GET', rawQueryString: () => undefined };
        const found = handler({ request });
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
