# SPDX-License-Identifier: Apache-2.0
"""Live captions: cues by requests, in WebVTT beside the video, shown by hls.js at their time."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, TimeoutError

from fetch_hlsjs import script_flags
from harness.boxes import find, kinds
from harness.browser import Viewer, viewer
from harness.http1 import get
from harness.mpd import schema, validate_by_schema
from harness.playlist import parse
from harness.program import Program, start, stop
from harness.site import site
from harness.waiting import wait_until

TOKEN = "token-of-the-caption-tests"
PAGE = """<!doctype html><meta charset="utf-8"><style>video {{ width: 320px }}</style>
<script src="{script}"></script><body>"""
PLAY = """(source) => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const hls = new Hls({ lowLatencyMode: true });
  window.__hls = hls;
  window.__shown = [];
  hls.on(Hls.Events.ERROR, (_, { details }) => { (window.__errors ??= []).push(details); });
  hls.loadSource(source);
  hls.attachMedia(video);
  video.play().catch(() => {});
  // At each frame: the time of the picture and of the one before it, and the active cues.
  let before = null;
  const watch = () => {
    const at = hls.playingDate?.getTime();
    for (const track of video.textTracks) {
      for (const { text } of track.mode === 'showing' ? track.activeCues ?? [] : []) {
        if (!window.__shown.some((shown) => shown.text === text)) {
          window.__shown.push({ text, at, before, language: track.language });
        }
      }
    }
    before = at;
    requestAnimationFrame(watch);
  };
  watch();
}"""


def post(program: Program, cue: object, query: str = "?lang=en") -> dict:
    """Adds a cue; its number and times."""
    body = cue if isinstance(cue, bytes) else json.dumps(cue).encode()
    request = urllib.request.Request(
        program.url(f"/api/streams/live/captions{query}"), body, method="POST",
        headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=5) as response:
        assert response.status == 201
        return json.load(response)


@pytest.fixture(scope="module")
def program(binary: Path) -> Iterator[Program]:
    """One stream with captions in two languages, for all tests of this file."""
    running = start(["--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN,
                     "--captions", "en*,de", *script_flags()])
    wait_until(lambda: get(running.port, "/live/video/playlist.m3u8").status == 200, 15, "live")
    yield running
    stop(running)


@pytest.mark.timeout(40)
def test_cue_is_in_each_segment_of_its_time(program: Program) -> None:
    """Two segments have the cue with its media time; the other language has none."""
    at = int(time.time() * 1000) // 1000 * 1000 + 1700
    cue = post(program, {"text": "Hello <i>all</i>", "start": at, "duration": 600})
    number = at // 1000
    held = get(program.port, f"/live/captions-en/playlist.m3u8?_HLS_msn={number}", timeout=8)
    playlist = parse(held.text)
    assert not any(segment.parts for segment in playlist.segments)
    video = parse(get(program.port, "/live/video/playlist.m3u8").text)
    dates = {segment.uri.replace(".m4s", ".vtt"): segment.pdt for segment in video.segments}
    assert all(dates.get(found.uri, found.pdt) == found.pdt for found in playlist.segments)
    get(program.port, f"/live/captions-en/playlist.m3u8?_HLS_msn={number + 1}", timeout=8)
    texts = [get(program.port, f"/live/captions-en/segment{number + index}.vtt").text
             for index in (-1, 0, 1)]
    assert texts[0] == "WEBVTT\n\n" and texts[1] == texts[2]
    hours, rest = divmod(at, 3_600_000)
    assert re.search(rf"^cue-{cue['id']}\n{hours}:{rest // 60000:02}:{rest % 60000 / 1000:06.3f}"
                     r" --> .*\nHello &lt;i&gt;all&lt;/i&gt;$", texts[1], re.M), texts[1]
    assert get(program.port, f"/live/captions-de/segment{number}.vtt").text == "WEBVTT\n\n"


@pytest.mark.timeout(40)
def test_bad_cues_disturb_nobody(program: Program) -> None:
    """Each gets one line; the stream plays on, and no line of the log is written."""
    program.wait_logged("live", "playable", within=10)
    before = len(program.log)
    bodies = [b"", b"{", b"\xff\xfe", b"[" * 5000, b'{"text": "a"}', b'{"text": "", "duration": 1}',
              b'{"text": "a", "duration": -1}', b'{"text": "a\\u0000", "duration": 1}',
              json.dumps({"text": "x" * 1001, "duration": 1}).encode(),
              b'{"text": "a", "duration": 1, "start": "never"}', b"x" * 60_000]
    for body in bodies:
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(program, body)
        assert refused.value.code in (400, 413)
        line = refused.value.read().decode()
        assert line.count("\n") == 1 and len(line) < 200, line
    playlist = parse(get(program.port, "/live/video/playlist.m3u8").text)
    assert get(program.port, "/live/video/playlist.m3u8"
               f"?_HLS_msn={playlist.last_complete + 2}", timeout=5).status == 200
    assert program.log[before:] == []


@pytest.mark.timeout(60)
def test_hlsjs_shows_a_cue_at_its_time(browser: Browser, program: Program, hlsjs: Path) -> None:
    """The default language, with markup as text, at the frame of its start."""
    assert hlsjs.is_file()
    html = PAGE.format(script=program.url("/player/hls.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(PLAY, program.url("/live/playlist.m3u8"))
        view.page.wait_for_function("() => window.__hls.playingDate", timeout=15000)
        # Late in its segment: hls.js has the segment when it is complete.
        at = int(time.time() * 1000) // 1000 * 1000 + 2750
        text = "one <script>window.__run = 1</script>\ntwo"
        post(program, {"text": text, "start": at, "duration": 2000})
        post(program, {"text": "zwei", "start": at, "duration": 2000}, "?lang=de")
        view.page.wait_for_function("() => window.__shown.length", timeout=12000)
        (shown,) = view.page.evaluate("() => window.__shown")
        print(f"shown {shown['at'] - at:.0f} ms after its start")
        assert shown["language"] == "en" and "&lt;script&gt;" in shown["text"]
        # By the times of pictures: not before its start, and before 200 ms of them were shown.
        assert shown["at"] > at - 50 and shown["before"] < at + 200
        assert view.page.evaluate("() => window.__run") is None
        assert view.page.evaluate("() => window.__errors ?? []") == []
        assert not view.page_errors, view.page_errors


ELEMENTS = """<!doctype html><meta charset="utf-8"><style>live-player {{ width: 320px }}</style>
<script type="module" src="{module}"></script><body>"""
MOUNT = """([source, transports]) => {
  window.__captions = {};
  for (const transport of transports) {
    const player = document.createElement('live-player');
    const found = window.__captions[transport] = [];
    player.src = source;
    player.transport = transport;
    player.muted = true;
    player.controls = true;
    document.body.append(player);
    const box = player.shadowRoot.getElementById('captions');
    // The time of the picture, and at the refresh before it.
    const picture = () =>
      Date.now() + (player.statistics?.clockOffset ?? 0) * 1000 - player.latency * 1000;
    let before = null;
    const refresh = () => {
      before = picture();
      requestAnimationFrame(refresh);
    };
    refresh();
    new MutationObserver(() => {
      const text = box.hidden ? '' : [...box.children].map((row) => row.textContent).join('\\n');
      if (text === (found.at(-1)?.text ?? '')) return;
      const change = { text, shown: picture(), before }, at = performance.now();
      found.push(change);
      // The same time by a newer latency: the players measure it every 50 ms, a busy one rarely.
      setTimeout(() => { change.later = picture() - (performance.now() - at); }, 300);
    }).observe(box, { childList: true, attributes: true });
  }
}"""


RUN = "window.__run = 1"
# Forty texts that a browser would execute, or a parser of WebVTT misread, if they were markup.
HOSTILE = [template.format(run) for run in (RUN, "alert(1)", "top.location = '//a.example'",
                                            "document.body.remove()", "fetch('//a.example')")
           for template in (
               "<script>{}</script>", "<img src=x onerror=\"{}\">", "<svg onload=\"{}\">",
               "<iframe srcdoc=\"<script>parent.{}</script>\">", "<a href=\"javascript:{}\">a</a>",
               "<style onload=\"{}\">*{{display:none}}</style>",
               "00:00:00.000 --> 99:00:00.000\n<c.a><v {}>&lt;b&gt;</v>",
               "</div></p>&#60;script&#62;{}&#60;/script&#62; --> NOTE")]


def not_shown(view: Viewer) -> list[str]:
    """The texts that one of two players has not shown as they are."""
    shown = view.page.evaluate("() => __captions")
    assert len(shown) == 2
    for transport, found in shown.items():
        texts = {entry["text"] for entry in found}
        print(f"{transport}: {len(texts.intersection(HOSTILE))} of 40 texts were shown as they are")
    return [text for text in HOSTILE
            if not all(text in [entry["text"] for entry in found] for found in shown.values())]


@pytest.mark.timeout(120)
def test_markup_of_cues_is_never_executed(
        browser: Browser, program: Program, hlsjs: Path) -> None:
    """Two of our players show each of 40 texts as it was sent, and hls.js runs none."""
    assert hlsjs.is_file() and len(set(HOSTILE)) == 40
    html = ELEMENTS.format(module=program.url("/player/live-player.js")) \
        + f"<script src=\"{program.url('/player/hls.js')}\"></script>"
    before = len(program.logged("captions"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(PLAY, program.url("/live/playlist.m3u8"))
        view.page.evaluate(MOUNT, [program.url("/live/"), ["http", "hls"]])
        view.page.wait_for_function(
            "() => window.__hls.playingDate && [...document.querySelectorAll('live-player')].every("
            "(player) => player.statistics?.frames > 45 && player.latency && player.captionTrack)",
            timeout=25000)
        # A player that seeks to the live edge, as on a busy machine, skips the texts in between.
        begun = False
        for _ in range(3):
            left = not_shown(view)
            assert not begun or len(left) < 10, "a player that has not skipped shows the texts"
            if not left:
                break
            begun = True
            at = int(time.time() * 1000) + 3000
            for index, text in enumerate(left):
                post(program, {"text": text, "start": at + index * 400, "duration": 380})
            with suppress(TimeoutError):
                view.page.wait_for_function(
                    "(texts) => Object.values(__captions).every((found) =>"
                    " texts.every((text) => found.some((entry) => entry.text === text)))",
                    arg=left, timeout=7000 + 400 * len(left))
        assert not not_shown(view)
        shown = view.page.evaluate("() => window.__shown")
        assert shown, "hls.js shows the texts too"
        assert view.page.evaluate("() => [window.__run, document.scripts.length,"
                                  " document.querySelectorAll('iframe, svg, img').length]"
                                  ) == [None, 2, 0]
        assert view.page.url == address and not view.page_errors, view.page_errors
    assert len(program.logged("captions")) == before


@pytest.mark.timeout(60)
@pytest.mark.parametrize("transports", [["http", "ws"], ["webcodecs", "hls"]], ids="-".join)
def test_players_show_a_cue_with_its_frame(
        transports: list[str], browser: Browser, program: Program, hlsjs: Path) -> None:
    """Over HTTP frames, WebSockets, WebCodecs and hls.js; markup is text; the menu changes it."""
    assert hlsjs.is_file()
    html = ELEMENTS.format(module=program.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(MOUNT, [program.url("/live/"), transports])
        view.page.wait_for_function(
            "() => [...document.querySelectorAll('live-player')].every((player) =>"
            " player.statistics?.frames > 45 && player.latency && player.captionTrack)",
            timeout=25000)
        at = int(time.time() * 1000) + 2000
        text = "<img src=x onerror='window.__run = 1'> one\ntwo"
        post(program, {"text": text, "start": at, "duration": 700})
        post(program, {"text": "zwei", "start": at, "duration": 700}, "?lang=de")
        view.page.wait_for_function(
            "(text) => Object.values(__captions).every((found) => found.at(-1)?.text === ''"
            " && found.at(-2)?.text === text)", arg=text, timeout=9000)
        view.watch(0.5)
        for transport, found in view.page.evaluate("() => __captions").items():
            index = [entry["text"] for entry in found].index(text)
            begin, end = found[index:index + 2]
            print(f"{transport}: shown {begin['shown'] - at:.0f} ms after its start, "
                  f"removed {end['shown'] - at - 700:.0f} ms after its end")
            assert end["text"] == "", transport
            # The players' clocks are read every 50 ms. A busy browser refreshes rarely: the
            # picture of the refresh before counts.
            for change, due in ((begin, at), (end, at + 700)):
                assert max(change["shown"], change["later"]) > due - 50, transport
                assert min(change["before"], change["later"]) < due + 150, transport
        assert view.page.evaluate("() => window.__run") is None
        view.page.evaluate("() => { for (const player of document.querySelectorAll('live-player'))"
                           " player.shadowRoot.getElementById('settings').click(); }")
        view.page.wait_for_function(
            "() => [...document.querySelectorAll('live-player')].every((player) =>"
            " player.shadowRoot.getElementById('caption-track')?.options.length > 1)",
            timeout=10_000)
        view.page.evaluate("""() => {
          for (const player of document.querySelectorAll('live-player')) {
            const menu = player.shadowRoot.getElementById('caption-track');
            menu.selectedIndex = [...menu.options].findIndex(({ text }) => text === 'CC Deutsch');
            menu.dispatchEvent(new Event('change'));
          }
        }""")
        post(program, {"text": "drei", "duration": 3000}, "?lang=de")
        view.page.wait_for_function(
            "() => Object.values(__captions).every((found) => found.at(-1)?.text === 'drei')",
            timeout=6000)
        assert not view.page_errors, view.page_errors


DASH = """(source) => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const player = dashjs.MediaPlayer().create();
  window.__shown = [];
  player.updateSettings({ streaming: {
    delay: { liveDelay: 2 }, text: { defaultEnabled: true } } });
  player.initialize(video, source, true);
  let before = null;
  const watch = () => {
    const shown = Date.now() - player.getCurrentLiveLatency() * 1000;
    for (const track of video.textTracks) {
      for (const { text } of track.mode === 'disabled' ? [] : track.activeCues ?? []) {
        if (!window.__shown.some((found) => found.text === text)) {
          window.__shown.push({ text, at: shown, before, language: track.language });
        }
      }
    }
    before = shown;
    requestAnimationFrame(watch);
  };
  watch();
  window.__video = video;
}"""


@pytest.mark.timeout(20)
def test_mpd_has_captions(program: Program) -> None:
    """One AdaptationSet per language, whose header and segments are CMAF with the video's times."""
    text = get(program.port, "/live/manifest.mpd").text
    if form := schema():
        validate_by_schema(text, form)
    sets = re.findall(r'<AdaptationSet [^>]*contentType="text".*?</AdaptationSet>', text, re.S)
    assert [re.search(r'lang="(\w+)"', found)[1] for found in sets] == ["en", "de"]
    header = re.search(r"init-\w+\.mp4", sets[0])[0]
    found = get(program.port, f"/live/captions-en/{header}")
    assert found.status == 200 and kinds(found.body) == ["ftyp", "moov"]
    newest = parse(get(program.port, "/live/video/playlist.m3u8").text).last_complete
    media = {name: get(program.port, f"/live/{name}/segment{newest}.m4s").body
             for name in ("video", "captions-en")}
    times = {name: find(data, "moof/traf/tfdt")[0][4:12] for name, data in media.items()}
    assert times["video"] == times["captions-en"]


@pytest.mark.timeout(60)
def test_dashjs_shows_a_cue_at_its_time(browser: Browser, program: Program, dashjs: Path) -> None:
    """The text AdaptationSet of the default language, two seconds behind the live edge."""
    html = '<!doctype html><meta charset="utf-8"><body>'
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.add_script_tag(path=str(dashjs))
        view.page.evaluate(DASH, program.url("/live/manifest.mpd"))
        view.page.wait_for_function("() => __video.currentTime > 0 && !__video.paused",
                                    timeout=15000)
        at = int(time.time() * 1000) + 1500
        post(program, {"text": "for dash.js", "start": at, "duration": 2000})
        view.page.wait_for_function(
            "() => __shown.some(({ text }) => text.includes('for dash.js'))", timeout=15000)
        shown = next(found for found in view.page.evaluate("() => __shown")
                     if "for dash.js" in found["text"])
        print(f"dash.js: shown {shown['at'] - at:.0f} ms after its start")
        assert shown["language"] == "en"
        # dash.js reads its clock rarely.
        assert shown["at"] > at - 100 and shown["before"] < at + 300
