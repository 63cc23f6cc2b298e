# SPDX-License-Identifier: Apache-2.0
"""The package of npm: its examples, bundled by esbuild, play in Chromium."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route

from fetch_package import PackagedFile
from harness.program import Program, start, stop
from harness.tools import need

# The build of Video.js for browsers (Apache-2.0), and the two modules that it requires.
VIDEOJS = PackagedFile(
    "js.videojs==7.5.5", ("js.videojs-7.5.5/js/videojs/resources/video.min.js",),
    "9fc57b49cdcfa478396b186bdd03fdaa108b8975e58d156f41bc011056388728", "video-7.5.5.min.js")
# The build of Vue 3 for scripts (MIT). It has a compiler of templates, which the test removes.
VUE3 = PackagedFile(
    "nicegui==2.24.0", ("nicegui/static/vue.global.prod.js",),
    "b50eeefe35d41636bb96c92b40f1df0b4fb7914e07b3c625b1ec15e9748767b9", "vue-3.global.prod.js")
GLOBALS = ("window", "document")
PAGE = "<!doctype html><title></title><body>{body}<script type=module src={script}></script>"
VUE3_ENTRY = """
import { createApp, h } from 'vue';
import LiveView from 'streamer-live-player/examples/vue.js';
const src = new URLSearchParams(location.search).get('src');
createApp({ render: () => h(LiveView, { src }) }).mount('#root');
"""
VUE2_ENTRY = """
import Vue from 'vue';
import LiveView from 'streamer-live-player/examples/vue-2.js';
Vue.config.ignoredElements = ['live-player'];
const src = new URLSearchParams(location.search).get('src');
new Vue({ render: (h) => h(LiveView, { props: { src } }) }).$mount('#root');
"""


def bundled(modules: Path, entry: Path, *options: str, path: Path | None = None) -> str:
    """A module of one file."""
    tool = need("esbuild", "the package of npm")
    output = modules / f"{entry.stem}.bundle.js"
    done = subprocess.run(
        [tool, str(entry), "--bundle", "--format=esm", f"--outfile={output}",
         '--define:process.env.NODE_ENV="production"', "--log-level=warning", *options],
        cwd=modules, capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": "/usr/bin:/bin", "NODE_PATH": str(path or "")})
    assert done.returncode == 0, done.stderr
    return output.read_text()


def plays(browser: Browser, program: Program, script: str, body: str, source: str,
          condition: str, markup: str = PAGE) -> None:
    """Opens a page with a script, and waits until the condition holds in it."""
    context = browser.new_context()
    try:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.route("**/example.html**", lambda route: route.fulfill(
            content_type="text/html", body=markup.format(body=body, script="/example.js")))
        page.route("**/example.js", lambda route: route.fulfill(
            content_type="text/javascript", body=script))
        page.goto(program.url(f"/example.html?src={program.url(source)}"))
        page.wait_for_function(condition, timeout=30000)
        assert not errors, errors
    finally:
        context.close()


def packaged(file: PackagedFile, subject: str) -> Path:
    """A file of PyPI, or a skip that names the subject."""
    try:
        return file.fetch()
    except (RuntimeError, OSError) as error:
        pytest.skip(f"{subject} not found: it is not tested with the package ({error})")


LATENCY = r"/^[1-9]\d{1,2} ms$/.test"
CAPTION = "document.querySelector('figcaption')?.textContent"
PLAYING = "document.querySelector('live-player')?.statistics?.frames > 20"


@pytest.fixture(scope="module")
def live(binary: Path) -> Iterator[Program]:
    """The stream of all pages."""
    program = start(["--resolution", "320x180"])
    yield program
    stop(program)


def test_a_page_without_a_framework_plays(browser: Browser, live: Program, modules: Path) -> None:
    """The element shows its latency, below a second, and types and map are beside the module."""
    package = modules / "node_modules/streamer-live-player"
    example = package / "examples/plain.js"
    plays(browser, live, bundled(modules, example), "", "/live/",
          f"() => {PLAYING} && {LATENCY}(document.title)")
    facts = json.loads((package / "package.json").read_text())
    for export in facts["exports"].values():
        for name in [export] if isinstance(export, str) else export.values():
            assert (package / name).exists(), name
    for name in ("live-player.js", "live-player-later.js", "hls-preset.js", "video-js.js"):
        assert f"sourceMappingURL={name}.map" in (package / name).read_text()
        sources = json.loads((package / f"{name}.map").read_text())
        assert sources["sourcesContent"] and all(one.startswith("../")
                                                 for one in sources["sources"])
    assert "{" not in (package / "README.md").read_text().split("```")[0]


def test_the_page_of_the_examples_plays_as_it_is(browser: Browser, live: Program,
                                                 modules: Path) -> None:
    """plain.html, from a server that has the files of the package, needs no other file."""
    package = modules / "node_modules/streamer-live-player"
    types = {".html": "text/html", ".js": "text/javascript"}
    with browser.new_context() as context:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))

        def answer(route: Route) -> None:
            path = package / urlsplit(route.request.url).path.removeprefix("/package/")
            route.fulfill(content_type=types[path.suffix], body=path.read_text())

        page.route("**/package/**", answer)
        page.goto(live.url(f"/package/examples/plain.html?src={live.url('/live/')}"))
        page.wait_for_function(f"() => {PLAYING} && {LATENCY}(document.title)", timeout=30000)
        assert not errors, errors


@pytest.mark.parametrize("kind", ["", "type=module"])
def test_a_bundle_that_is_a_plain_script_plays(browser: Browser, live: Program, modules: Path,
                                               kind: str) -> None:
    """The address of the module is undefined in a bundle with the format iife."""
    example = modules / "node_modules/streamer-live-player/examples/plain.js"
    script = bundled(modules, example, "--format=iife", "--log-override:empty-import-meta=silent")
    assert "import.meta" not in script
    plays(browser, live, script, "", "/live/", f"() => {PLAYING} && {LATENCY}(document.title)",
          PAGE.replace("type=module", kind))


def test_the_element_has_at_most_45_kilobytes(modules: Path) -> None:
    """The size is that of the transfer, without the file that is loaded later."""
    module = modules / "node_modules/streamer-live-player/live-player.js"
    assert len(gzip.compress(module.read_bytes(), 9)) <= 45000


@pytest.mark.parametrize(("transport", "files"), [
    ("http", ["live-player.js"]), ("webcodecs", ["live-player.js", "live-player-later.js"])])
def test_the_files_play_without_a_bundler(browser: Browser, live: Program, modules: Path,
                                          transport: str, files: list[str]) -> None:
    """A page with the files of the package requests the second one for a transport that needs it.

    The address of the first one has a query, as those of other servers may.
    """
    package = modules / "node_modules/streamer-live-player"
    context = browser.new_context()
    requested: list[str] = []

    def answer(route: Route) -> None:
        name = urlsplit(route.request.url).path.rsplit("/", 1)[1]
        requested.append(name)
        route.fulfill(content_type="text/javascript", body=(package / name).read_text())

    try:
        page = context.new_page()
        element = f'<live-player muted src="{live.url("/live/")}" transport="{transport}">'
        page.route("**/example.html", lambda route: route.fulfill(
            content_type="text/html",
            body=PAGE.format(body=element, script="/files/live-player.js?v=2")))
        page.route("**/files/*", answer)
        page.goto(live.url("/example.html"))
        page.wait_for_function(f"() => {PLAYING}", timeout=30000)
        used = page.evaluate("() => document.querySelector('live-player').activeTransport")
        assert (used, requested) == (transport, files)
    finally:
        context.close()


def test_the_element_plays_in_react(browser: Browser, live: Program, modules: Path,
                                    frameworks: Path) -> None:
    """React 18 makes the element, and shows its latency."""
    example = modules / "node_modules/streamer-live-player/examples/react.jsx"
    plays(browser, live, bundled(modules, example, path=frameworks), "<div id=root></div>",
          "/live/", f"() => {PLAYING} && {LATENCY}({CAPTION})")


def written(modules: Path, name: str, script: str) -> Path:
    """A script beside the package whose example it imports."""
    entry = modules / name
    entry.write_text(script.replace("streamer-live-player/examples",
                                    "./node_modules/streamer-live-player/examples"))
    return entry


def test_the_element_plays_in_vue_2(browser: Browser, live: Program, modules: Path,
                                    frameworks: Path) -> None:
    """The build of Vue 2 that bundlers take makes the element, and shows its latency."""
    script = bundled(modules, written(modules, "vue-2.js", VUE2_ENTRY), path=frameworks)
    plays(browser, live, script, "<div id=root></div>", "/live/",
          f"() => {PLAYING} && {LATENCY}({CAPTION})")


def test_the_element_plays_in_vue_3(browser: Browser, live: Program, modules: Path) -> None:
    """Vue 3 makes the element, and shows its latency, without a compiler of templates."""
    target = modules / "vue3.js"
    # Without a registered compiler it is as the build that bundlers take.
    target.write_text(f"{packaged(VUE3, 'Vue 3').read_text()}\n"
                      "Vue.registerRuntimeCompiler(undefined);\nmodule.exports = Vue;")
    script = bundled(modules, written(modules, "vue-3.js", VUE3_ENTRY), f"--alias:vue={target}")
    plays(browser, live, script, "<div id=root></div>", "/live/",
          f"() => {PLAYING} && {LATENCY}({CAPTION})")


def test_hlsjs_with_the_preset_holds_the_latency(browser: Browser, live: Program, modules: Path,
                                                 hlsjs: Path) -> None:
    """The example of the preset plays, and its latency gets below half a second."""
    target = modules / "node_modules/hls.js"
    target.mkdir(exist_ok=True)
    shutil.copy(hlsjs, target / "index.js")
    example = modules / "node_modules/streamer-live-player/examples/hls.js"
    plays(browser, live, bundled(modules, example), "<video muted autoplay playsinline></video>",
          "/live.m3u8", "() => document.querySelector('video')?.currentTime > 0"
          r" && /^[234]\d\d ms$/.test(document.title)")


def test_videojs_with_the_adapter_holds_the_latency(browser: Browser, live: Program, modules: Path,
                                                    hlsjs: Path) -> None:
    """The example of the adapter plays by hls.js, and its latency gets below half a second."""
    for name, path in (("hls.js", hlsjs), ("video.js", packaged(VIDEOJS, "Video.js"))):
        (modules / "node_modules" / name).mkdir(exist_ok=True)
        shutil.copy(path, modules / "node_modules" / name / "index.js")
    (modules / "node_modules/global").mkdir()
    for name in GLOBALS:
        (modules / f"node_modules/global/{name}.js").write_text(f"module.exports = {name};")
    example = modules / "node_modules/streamer-live-player/examples/video-js.js"
    plays(browser, live, bundled(modules, example),
          "<video class=video-js muted autoplay playsinline></video>", "/live.m3u8",
          "() => document.querySelector('.video-js video')?.currentTime > 0"
          r" && /^[234]\d\d ms$/.test(document.title)")
