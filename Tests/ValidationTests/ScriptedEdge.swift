// SPDX-License-Identifier: Apache-2.0

import HTTP
import Validation

/// A cache before a server, in virtual time: segments of 1 s with four parts, of any stream but
/// those whose names begin with `edge-check-`.
///
/// Reads each request as the server does, unless a property says otherwise. The default stream is
/// `live`.
final class ScriptedEdge: TriedEdge {
  private struct Kept {
    let reply: Reply
    let end: Double
  }

  static let start = 1_800_000_000.0
  static let address = "http://edge.example/live.m3u8"

  private(set) var now = ScriptedEdge.start
  var isCancelled = false
  /// The requests, and when they were sent.
  private(set) var requests: [(request: EdgeRequest, time: Double)] = []
  private var kept: [String: Kept] = [:]

  /// Whether a malformed Host is refused before the cache.
  var checksHost = true
  /// Whether an error with `no-store` is kept.
  var keepsErrors = false
  /// Whether directives are refused that the server refuses.
  var checksQuery = true
  /// Whether directives in another spelling are left out of the request to the server.
  var dropsSpellings = false
  /// Whether directives are in the key.
  var comparesQuery = true
  /// Whether responses to requests that accept gzip have keys of their own.
  var dividesEncodings = true
  /// Whether the response to HEAD answers GET.
  var keepsHead = false
  /// Whether the Host of a request is that of the MPD in the cache.
  var dividesHosts = true
  /// Whether other methods than GET and HEAD are answered as GET.
  var acceptsMethods = false
  /// Whether a redirection with the query of one viewer may be kept.
  var keepsRedirects = false
  /// Whether streams have media before their playlist.
  var hasPast = true
  /// The path below which the server is.
  var folder = ""
  /// Changes each response; the number is the count of requests.
  var change: (inout Reply, Int) -> Void = { _, _ in }

  func wait(until time: Double) { now = max(now, time) }

  func send(_ request: EdgeRequest) -> Reply {
    requests.append((request, now))
    now += 0.005
    let sent = now
    var reply = answer(request)
    (reply.sent, reply.end) = (sent, now)
    reply.url = "http://edge.example\(request.target)"
    if request.method == "HEAD" { reply.body = [] }
    change(&reply, requests.count)
    return reply
  }

  // MARK: The cache

  private func answer(_ request: EdgeRequest) -> Reply {
    let isRead = ["GET", "HEAD"].contains(request.method)
    guard isRead || acceptsMethods else { return Self.error(405) }
    if checksHost, !Self.isHost(request) { return Self.error(400) }
    let (path, given) = Self.parts(request.target)
    let query = dropsSpellings ? given.filter { Self.known.contains($0.name) } : given
    if checksQuery, Self.areMisread(path, query) { return Self.error(400) }
    var key = path
    if comparesQuery {
      key += Self.known.flatMap { name in query.filter { $0.name == name }.map { "|\($0)" } }
        .joined()
    }
    if dividesHosts { key += "|\(request.value("host") ?? "")" }
    if dividesEncodings { key += "|\(request.value("accept-encoding") == "gzip")" }
    if !keepsHead { key += "|\(request.method)" }
    if let found = kept[key], found.end > now { return found.reply }
    var reply = server(request, path, query)
    if keepsHead, request.method == "HEAD" { reply.body = [] }
    let isKept = keepsErrors || reply.value("cache-control") != "no-store"
    // A lifetime of 1 s, by an age in whole seconds.
    if isKept { kept[key] = Kept(reply: reply, end: now + 1.99) }
    return reply
  }

  private static let known = ["_HLS_msn", "_HLS_part", "_HLS_skip", "wait", "version"]

  /// Whether the server refuses the directives of a playlist for their names.
  private static func areMisread(_ path: String, _ query: [(name: String, value: String)]) -> Bool {
    guard path.hasSuffix(".m3u8") else { return false }
    var found: Set<String> = []
    for (name, value) in query {
      if name.contains(where: { "%+".contains($0) }) { return true }
      let isExact = known.contains(name)
      guard isExact || known.contains(where: { $0.lowercased() == name.lowercased() }) else {
        continue
      }
      guard isExact, found.insert(name).inserted, !value.isEmpty || name == "_HLS_skip" else {
        return true
      }
    }
    return false
  }

  private static func isHost(_ request: EdgeRequest) -> Bool {
    let hosts = request.fields.filter { $0.isNamed("host") }.map(\.value)
    guard let host = hosts.first, hosts.count == 1 else { return request.version == "1.0" }
    let port = host.split(separator: ":", maxSplits: 1).dropFirst().first ?? "1"
    return !host.contains { "{}<>@ [^%,/".contains($0) || !$0.isASCII } && UInt16(port) != nil
  }

  private static func parts(_ target: String) -> (String, [(name: String, value: String)]) {
    var rest = target
    if let scheme = target.firstRange(of: "://") {
      rest = String(target[scheme.upperBound...].drop { $0 != "/" })
    }
    let path = rest.prefix { $0 != "?" }
    let query = rest.dropFirst(path.count + 1).split(separator: "&").map {
      text -> (name: String, value: String) in
      let name = text.prefix { $0 != "=" }
      return (name: String(name), value: String(text.dropFirst(name.count + 1)))
    }
    return (String(path), query)
  }

  // MARK: The server

  private static func error(_ status: Int) -> Reply {
    Reply(
      url: "", status: status,
      fields: [
        HeaderField("Content-Type", "text/plain"), HeaderField("Cache-Control", "no-store"),
      ], body: Array("error \(status)".utf8), sent: 0, end: 0)
  }

  private func server(
    _ request: EdgeRequest, _ path: String, _ query: [(name: String, value: String)]
  ) -> Reply {
    guard Self.isHost(request) else { return Self.error(400) }
    var reply = Reply(
      url: "", status: 404,
      fields: [
        HeaderField("Content-Type", "text/plain"), HeaderField("Cache-Control", "max-age=1"),
      ],
      body: Array("nothing".utf8), sent: 0, end: 0)
    guard path.hasPrefix("\(folder)/"), !path.hasSuffix("/missing"),
      !path.contains("/edge-check-")
    else { return reply }
    if path.contains("/from/") { return redirection(reply, query) }
    reply.status = 200
    if path == "\(folder)/time" {
      reply.body = Array("0".utf8)
    } else if path == "\(folder)/live.m3u8" {
      reply.fields[0] = HeaderField("Content-Type", "application/vnd.apple.mpegurl")
      if request.value("accept-encoding") == "gzip" {
        reply.fields.append(HeaderField("Content-Encoding", "gzip"))
      }
      reply.body = Array(
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlive/video/playlist.m3u8\n".utf8)
    } else if path.hasSuffix("/dvr.json") {
      reply.fields[0] = HeaderField("Content-Type", "application/json")
      reply.body = Array("{\"archive\":\(hasPast),\"from\":1799990000}".utf8)
    } else if path.hasSuffix(".mpd") {
      reply.fields[0] = HeaderField("Content-Type", "application/dash+xml")
      let host = request.value("host") ?? ""
      let base = path == "\(folder)/manifest.mpd" ? "<BaseURL>live/</BaseURL>" : ""
      reply.body = Array(
        ("<MPD><UTCTiming value=\"http://\(host)/time\"/>\(base)"
          + "<SegmentTemplate media=\"$RepresentationID$/segment$Number$.m4s\"/></MPD>").utf8)
    } else if path.hasSuffix(".m4s") {
      reply.fields[0] = HeaderField("Content-Type", "video/mp4")
      reply.body = [0, 0, 0, 8] + Array("moof".utf8)
    } else {
      return playlist(path, query, reply, isGzip: request.value("accept-encoding") == "gzip")
    }
    return reply
  }

  /// Leads to the start of the oldest media, with the query of the request.
  private func redirection(_ reply: Reply, _ query: [(name: String, value: String)]) -> Reply {
    var reply = reply
    reply.status = 307
    let text = query.isEmpty ? "" : "?" + query.map(\.name).joined(separator: "&")
    reply.fields.append(HeaderField("Location", "../../from/1799990000/playlist.m3u8\(text)"))
    if !query.isEmpty, !keepsRedirects {
      reply.fields[1] = HeaderField("Cache-Control", "no-store")
    }
    return reply
  }

  private func playlist(
    _ path: String, _ query: [(name: String, value: String)], _ reply: Reply, isGzip: Bool
  ) -> Reply {
    guard !Self.areMisread(path, query) else { return Self.error(400) }
    let directives = query.filter { Self.known.contains($0.name) }
    let values = Dictionary(uniqueKeysWithValues: directives.map { ($0.name, $0.value) })
    if let text = values["_HLS_msn"] {
      guard let segment = Int64(text), segment <= Int64(now) + 2,
        let part = Int(values["_HLS_part"] ?? "3")
      else { return Self.error(400) }
      wait(until: Double(segment) + Double(part + 1) * 0.25)
    } else if values["_HLS_part"] != nil {
      return Self.error(400)
    }
    var reply = reply
    reply.fields[0] = HeaderField("Content-Type", "application/vnd.apple.mpegurl")
    if isGzip { reply.fields.append(HeaderField("Content-Encoding", "gzip")) }
    let base = path == "\(folder)/ll.m3u8" ? "live/video/" : ""
    reply.body = Array(text(isDelta: values["_HLS_skip"] == "YES", base: base).utf8)
    return reply
  }

  /// The playlist, with addresses below a relative one.
  private func text(isDelta: Bool, base: String) -> String {
    let open = Int64(now)
    var text = """
      #EXTM3U
      #EXT-X-VERSION:9
      #EXT-X-TARGETDURATION:1
      #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.75,CAN-SKIP-UNTIL=6
      #EXT-X-PART-INF:PART-TARGET=0.25
      #EXT-X-MEDIA-SEQUENCE:\(open - 8)

      """
    if isDelta { text += "#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n" }
    for number in (isDelta ? open - 6 : open - 8)...open {
      let parts = number < open ? 4 : Int((now - Double(open)) / 0.25)
      if number > open - 4 {
        for part in 0..<parts {
          text += "#EXT-X-PART:DURATION=0.25,URI=\"\(base)segment\(number).\(part).m4s\"\n"
        }
      }
      if number < open { text += "#EXTINF:1,\n\(base)segment\(number).m4s\n" }
    }
    return text
  }
}
