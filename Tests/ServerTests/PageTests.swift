// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Logging
import Server
import ServerTestSupport
import Streams
import TestSupport
import Testing

@Suite("Pages with names of streams, and pages of errors")
struct PageTests {
  private static let secret = "0123456789abcdef0123456789abcdef"
  /// A constant piece that is long enough to be compressed.
  private static let long = String(repeating: "<p>constant</p>\n", count: 100)

  private static let pages = PageFiles(
    PageFiles.Pages(
      player: Array(
        ("<title>Live – streamer</title>\(long)<h1 id=\"name\" class=\"cut\">Live</h1>"
          + "<img src=\"stream.mjpeg\"><p><strong>Scripts are off, so this is a plain picture "
          + "stream:</strong> without sound.</p><a href=\"playlist.m3u8\">HLS</a>"
          + "<a class=\"btn\" href=\"../\">All streams</a>").utf8),
      list: Array(
        ("\(long)<ul><!-- streams --></ul>"
          + "<script id=\"known\" type=\"application/json\">[]</script>").utf8),
      wall: Array("<main>".utf8), statistics: Array("<p>".utf8),
      error: Array("<title>{{title}}</title>{{heading}} {{words}} {{exits}} {{fact}}".utf8)),
    scripts: [:])

  private static let browser =
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

  private func handler(
    label: String? = nil, _ options: ServingOptions = ServingOptions()
  ) throws -> SyntheticHandler {
    var serving = StreamServingOptions()
    serving.label = label
    let handler = try SyntheticHandler(
      options: options, serving: serving, pages: Self.pages)
    handler.goLive()
    return handler
  }

  /// A stream that was not started.
  private func add(
    _ name: String, to handler: SyntheticHandler, onDemand: Bool = false,
    _ change: (inout StreamServingOptions) -> Void = { _ in }
  ) {
    var plan = StreamPlan(name: name) { _ throws(SessionFailure) in throw .thread }
    plan.isOnDemand = onDemand
    var options = StreamServingOptions()
    change(&options)
    let log = Log(format: .text, least: .error) { _ in }
    handler.serverState.add(StreamSupervisor(plan, log: log), options: options)
    handler.requests.woken()
  }

  // MARK: Pages

  @Test("the page of a stream has its label, escaped, with and without compression")
  func label() throws {
    let handler = try handler(label: "North & <South>")
    let page = try handler.ask("/live/")
    #expect(page.text.hasPrefix("<title>North &amp; &lt;South&gt; – streamer</title><p>"))
    #expect(
      page.text.contains(
        "<h1 id=\"name\" class=\"cut\" data-name=\"live\">North &amp; &lt;South&gt;</h1>"))
    let zipped = try handler.ask("/live/", ["Accept-Encoding: gzip"])
    #expect(zipped.header("content-encoding") == "gzip")
    #expect(try Inflated.bytes(of: zipped.body) == page.body)
    #expect(zipped.body.count < page.body.count / 2)
    #expect(zipped.header("etag") != page.header("etag"))
  }

  @Test("the entity tag follows the label")
  func tags() throws {
    let first = try handler(label: "a").ask("/live/").header("etag")
    let second = try handler(label: "a").ask("/live/").header("etag")
    let other = try handler(label: "b").ask("/live/").header("etag")
    #expect(first != nil && first == second && first != other)
  }

  @Test(
    "links without scripts lead to the stream from each address of its page",
    arguments: [
      ("/", "live/stream.mjpeg", "./"), ("/live/", "stream.mjpeg", "../"),
      ("/ldash/play/live", "../../live/stream.mjpeg", "../../"),
      ("/ldash/play/live/", "../../../live/stream.mjpeg", "../../../"),
    ])
  func links(path: String, picture: String, list: String) throws {
    let text = try handler().ask(path).text
    let root = path == "/" ? "./" : ""
    #expect(text.contains("<img src=\"\(root)\(picture)\">"), "\(text.suffix(200))")
    #expect(text.contains("<a class=\"btn\" href=\"\(list)\">All streams</a>"))
    // Below a path of a proxy, a page at the root cannot know it from its address.
    #expect(text.contains(" data-root=\"./\"") == (path == "/"))
  }

  @Test("the label of a stream with playback tokens is in no page")
  func protected() throws {
    let handler = try handler()
    let key = try #require(TokenKey("k1:\(Self.secret)"))
    handler.removeStreams()
    add("hidden", to: handler) {
      $0.playbackKeys = [key]
      $0.label = "A label"
    }
    for path in ["/", "/hidden/"] {
      let text = try handler.ask(path).text
      #expect(!text.contains("A label"), "\(path)")
    }
    #expect(try !handler.ask("/").text.contains("hidden"))
    #expect(try handler.ask("/hidden/").text.contains("data-name=\"hidden\""))
    let error = try handler.ask("/none/", [Self.browser])
    #expect(!error.text.contains("A label") && !error.text.contains("hidden"))
  }

  // MARK: The list

  @Test("the list has the streams as links and as JSON that ends no element")
  func list() throws {
    let handler = try handler(label: "</script><b>")
    add("late", to: handler, onDemand: true) { $0.label = "Late" }
    let page = try handler.ask("/")
    #expect(
      page.text.contains(
        "<li><a href=\"live/\">&lt;/script&gt;&lt;b&gt;</a><span>"), "\(page.text.suffix(900))")
    #expect(page.text.contains("<li><a href=\"late/\">Late</a><span>On demand</span></li>"))
    #expect(page.text.contains("\"label\":\"\\u003c/script>\\u003cb>\""))
    let zipped = try handler.ask("/", ["Accept-Encoding: gzip"])
    #expect(try Inflated.bytes(of: zipped.body) == page.body)
    #expect(try handler.ask("/").header("etag") == page.header("etag"))
    add("third", to: handler)
    let changed = try handler.ask("/")
    #expect(changed.text.contains("third/") && changed.header("etag") != page.header("etag"))
  }

  @Test("without a stream / is the list, which says so")
  func empty() throws {
    let handler = try handler()
    handler.removeStreams()
    let page = try handler.ask("/")
    #expect(page.status == 200 && page.text.contains("no stream for you yet"))
    #expect(page.text.hasSuffix("<script id=\"known\" type=\"application/json\">[]</script>"))
  }

  // MARK: Errors

  @Test(
    "people get errors as pages at addresses of pages and at unknown paths, no cache keeps them",
    arguments: [
      "/none/", "/none", "/live/none", "/a/b/c/d/e/f/g/h", "/none/publish", "/ldash/play/no",
    ])
  func people(path: String) throws {
    let handler = try handler()
    let page = try handler.ask(path, [Self.browser])
    #expect(page.status == 404 && page.header("content-type") == "text/html; charset=utf-8")
    #expect(page.header("cache-control") == "no-store" && page.header("vary") == "Accept")
    #expect(page.text.contains("All streams</a>") && page.text.contains("404: "))
    let head = try handler.ask(path, method: "HEAD", [Self.browser])
    #expect(head.status == 404 && head.header("vary") == "Accept")
  }

  @Test(
    "programs get a line, which Accept may have decided",
    arguments: [
      "Accept: */*", "Accept: text/plain", "Accept: text/html;q=0", "Accept: text/html;q=0, */*",
      "Accept: text/html;q=0.5, text/plain", "Accept: text/html, text/plain",
      "Accept: image/avif,image/webp,*/*;q=0.8", "X-Accept: text/html",
    ])
  func programs(field: String) throws {
    let handler = try handler()
    for path in ["/none/", "/none"] {
      let line = try handler.ask(path, [field])
      #expect(line.status == 404 && line.header("content-type") == "text/plain; charset=utf-8")
      #expect(line.header("vary") == "Accept", "\(path)")
      #expect(line.header("cache-control") == "public, max-age=1")
    }
  }

  @Test(
    "no playlist, media, still or /api has a page as its error",
    arguments: [
      "/none/playlist.m3u8", "/none/manifest.mpd", "/none/video/segment1.m4s", "/none/snapshot.jpg",
      "/live/video/segment1.m4s", "/none/at/1/2.jpg", "/none/stream.mjpeg", "/player/none.js",
      "/api/none", "/api/streams", "/none/ws", "/none/dvr.json", "/none/publish.json",
      "/stats.json",
    ])
  func media(path: String) throws {
    let error = try handler().ask(path, [Self.browser])
    #expect(error.status >= 400 && error.header("content-type") == "text/plain; charset=utf-8")
    #expect(error.header("vary") != "Accept")
  }

  @Test("a page of an unknown stream repeats its name in words only, and names those that exist")
  func unknownStream() throws {
    let handler = try handler(label: "North")
    let name = "%3Cscript%3E%7B%7Bfact%7D%7D" + String(repeating: "x", count: 200)
    let text = try handler.ask("/\(name)/", [Self.browser]).text
    #expect(text.contains("There is no stream called “&lt;script&gt;{{fact}}xxx"))
    #expect(!text.contains("<script>") && !text.contains(String(repeating: "x", count: 81)))
    #expect(text.contains("<a class=\"btn go\" href=\"../\">All streams</a>"))
    #expect(text.contains("<a class=\"btn\" href=\"../live/\">North</a>"))
  }

  @Test("the page of viewers asks for the password, and says in words that it is closed")
  func viewersPage() throws {
    var options = ServingOptions()
    options.statistics = .token
    let handler = try handler(options)
    let page = try handler.ask("/stats", [Self.browser])
    let line = try handler.ask("/stats")
    #expect(page.status == line.status && page.status >= 401)
    #expect(page.header("content-type") == "text/html; charset=utf-8")
    #expect(page.header("vary") == "Accept" && line.header("vary") == "Accept")
    #expect(page.header("cache-control") == "no-store")
    #expect(page.header("www-authenticate") == line.header("www-authenticate"))
    #expect(page.header("access-control-allow-origin") == nil)
  }
}
