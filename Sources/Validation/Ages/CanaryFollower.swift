// SPDX-License-Identifier: Apache-2.0

import HTTP
package import Net
package import Sharing
import Time

/// Follows one target on a thread of its own, until it is cancelled.
///
/// After an error it begins again, with a pause that grows to 5 s.
package final class CanaryFollower: Sendable {
  /// Why a round has ended.
  private enum Trouble: Error {
    case request(HTTPClient.Failure)
    case content(String)
    case media(MediaTimes.Fault)
  }

  /// The largest playlist or MPD.
  private static let maximumDocumentLength = 4 << 20
  /// How long a response may give no byte: longer than the server holds a request.
  private static let limit = Interval.seconds(10)

  package let target: CanaryTarget
  private let clock: AgeClock?
  private let agent: String
  private let trust: ServerTrust
  private let cancellation: ClientCancellation
  private let figures = Locked(AgeFigures())
  /// The reason of the newest error.
  private let newestError = Locked<String?>(nil)

  /// - Parameters:
  ///   - target: the stream.
  ///   - clock: from what ages are known; nil: from `prft`, and without it from
  ///     EXT-X-PROGRAM-DATE-TIME.
  ///   - agent: the value of `User-Agent`.
  ///   - trust: the certificates that the server may have.
  ///   - cancellation: ends the thread.
  package init(
    _ target: CanaryTarget, _ clock: AgeClock?, agent: String, _ trust: ServerTrust,
    _ cancellation: ClientCancellation
  ) {
    self.target = target
    self.clock = clock
    self.agent = agent
    self.trust = trust
    self.cancellation = cancellation
  }

  /// The figures since the last call.
  package func summary() -> AgeFigures.Summary { figures.withLock { $0.summary() } }

  /// The newest error since the last call.
  package func takeError() -> String? {
    newestError.withLock { error in
      defer { error = nil }
      return error
    }
  }

  /// Starts the thread.
  ///
  /// - Returns: nil if the system refuses a thread.
  package func start() -> OSThread? {
    OSThread(name: "canary") { [self] in
      var pause = Interval.milliseconds(200)
      let client = HTTPClient(trust, agent: agent, limit: Self.limit, cancellation)
      while !cancellation.isCancelled {
        let began = SystemClock.monotonicTime
        do throws(Trouble) { try follow(client) } catch {
          guard !cancellation.isCancelled else { return }
          note(error)
        }
        let now = SystemClock.monotonicTime
        if now - began > .seconds(10) { pause = .milliseconds(200) }
        SystemClock.sleep(until: now + pause)
        pause = min(pause + pause, .seconds(5))
      }
    }
  }

  private func note(_ trouble: Trouble) {
    figures.withLock { $0.fail() }
    let text =
      switch trouble {
      case .request(let error): "\(error)"
      case .content(let reason): reason
      case .media(let fault): "\(fault)"
      }
    newestError.withLock { $0 = text }
  }

  private func follow(_ client: HTTPClient) throws(Trouble) {
    switch target.form {
    case .parts: try followParts(client)
    case .segments:
      let (document, base) = try text(target.url, client)
      guard let edge = ManifestEdge(document) else {
        throw .content("not an MPD with SegmentTemplate and a constant duration")
      }
      let times = MediaTimes(clock)
      try loadHeader(edge.headerURI, base, times, client)
      try followSegments(edge.nextNumber(SystemClock.wallTime), times, client) { number in
        WebAddress.resolve(edge.uri(of: number), base: base)
      }
    case .frames:
      let (url, edge) = try mediaPlaylist(
        WebAddress.resolve(
          "playlist.m3u8" + target.url.drop { $0 != "?" }, base: target.url), client)
      guard let uri = edge.openSegmentURI else {
        throw .content("the playlist lists no segment with a number in its name")
      }
      // The chunks of the open segment are older than the request.
      let open = "segment\(edge.openSegment)."
      let times = MediaTimes(clock)
      try loadHeader(edge.map, url, times, client)
      // bounded: far below 2^63
      try followSegments(edge.openSegment + 1, times, client) { number in
        WebAddress.resolve(uri.replacing(open, with: "segment\(number)."), base: url)
      }
    }
  }

  // MARK: Parts

  /// Requests each part before it exists, then the playlist that lists it.
  private func followParts(_ client: HTTPClient) throws(Trouble) {
    let (url, first) = try mediaPlaylist(target.url, client)
    var edge = first
    var times = MediaTimes(clock)
    try loadHeader(edge.map, url, times, client)
    while !cancellation.isCancelled {
      guard !edge.hasEnded else { throw .content("the stream has ended") }
      guard let hint = edge.hint else { throw .content("the playlist has no preload hint") }
      let target = Interval.milliseconds(Int64(min(10, max(0, edge.partTarget ?? 1)) * 1000))
      try measure(
        WebAddress.resolve(hint, base: url), times, client, date: edge.hintDate,
        stallTime: target + .milliseconds(500))
      let query = (url.contains("?") ? "&" : "?") + edge.blockingQuery
      guard let next = PlaylistEdge(try text(url + query, client).text) else {
        throw .content("not a playlist")
      }
      // Else the same part would be requested again without a pause.
      guard next.isNewer(than: edge) || next.hasEnded else {
        throw .content("the playlist does not list the part that was complete")
      }
      if next.map != edge.map {
        times = MediaTimes(clock)
        try loadHeader(next.map, url, times, client)
      }
      edge = next
    }
  }

  /// The first Media Playlist at or below an address, and the address that was answered.
  private func mediaPlaylist(
    _ url: String, _ client: HTTPClient
  ) throws(Trouble) -> (url: String, PlaylistEdge) {
    let (document, base) = try text(url, client)
    guard let edge = PlaylistEdge(document) else { throw .content("not a playlist") }
    guard let variant = edge.variant else { return (base, edge) }
    let media = try text(WebAddress.resolve(variant, base: base), client)
    guard let found = PlaylistEdge(media.text), found.variant == nil else {
      throw .content("not a Media Playlist: \(variant)")
    }
    return (media.url, found)
  }

  // MARK: Segments

  /// Reads segments from `first` on, each requested before or while it is made.
  private func followSegments(
    _ first: Int64, _ times: MediaTimes, _ client: HTTPClient, _ url: (Int64) -> String
  ) throws(Trouble) {
    var number = first
    while !cancellation.isCancelled {
      try measure(url(number), times, client, date: nil, stallTime: .milliseconds(500))
      // bounded: one per response
      number += 1
    }
  }

  // MARK: Requests

  /// Reads media, and counts each chunk or frame when its last byte arrives, or the whole response.
  ///
  /// - Parameters:
  ///   - url: the address.
  ///   - times: of the track.
  ///   - client: the connection.
  ///   - date: the announced time of the first frame; nil if there is none.
  ///   - stallTime: a longer time without media is a stall.
  /// - Throws: if the request fails, or the response has no times.
  private func measure(
    _ url: String, _ times: MediaTimes, _ client: HTTPClient, date: WallTime?,
    stallTime: Interval
  ) throws(Trouble) {
    times.begin()
    try open(url, client)
    var now = SystemClock.wallTime
    while let piece = try next(client) {
      now = SystemClock.wallTime
      note(try media { () throws(MediaTimes.Fault) in try times.take(piece) }, now, stallTime)
    }
    let whole = try media { () throws(MediaTimes.Fault) in try times.end(date: date) }
    if let whole { note([whole], now, stallTime) }
  }

  private func media<Result>(
    _ body: () throws(MediaTimes.Fault) -> Result
  ) throws(Trouble) -> Result {
    do throws(MediaTimes.Fault) { return try body() } catch { throw .media(error) }
  }

  private func note(_ found: [MediaTimes.Found], _ now: WallTime, _ stallTime: Interval) {
    guard !found.isEmpty else { return }
    let arrival = SystemClock.monotonicTime
    figures.withLock { figures in
      for one in found {
        figures.add(now - one.time, one.clock, stallTime: stallTime, now: arrival)
      }
    }
  }

  /// Reads the header of a track, if its media cannot be read without.
  private func loadHeader(
    _ uri: String?, _ base: String, _ times: MediaTimes, _ client: HTTPClient
  ) throws(Trouble) {
    guard times.needsHeader else { return }
    guard let uri else { throw .content("the track has no header") }
    let header = try document(WebAddress.resolve(uri, base: base), client).body
    try media { () throws(MediaTimes.Fault) in try times.take(header: header) }
  }

  private func text(
    _ url: String, _ client: HTTPClient
  ) throws(Trouble) -> (text: String, url: String) {
    let (body, url) = try document(url, client)
    return (String(decoding: body, as: UTF8.self), url)
  }

  /// A document, and the address that was answered: after `?token=` it is below a playback token.
  private func document(
    _ url: String, _ client: HTTPClient
  ) throws(Trouble) -> (body: [UInt8], url: String) {
    let url = try open(url, client)
    var body: [UInt8] = []
    while let piece = try next(client) {
      body += piece
      guard body.count <= Self.maximumDocumentLength else {
        throw .content("a document of more than \(Self.maximumDocumentLength) bytes")
      }
    }
    return (body, url)
  }

  @discardableResult
  private func open(_ url: String, _ client: HTTPClient) throws(Trouble) -> String {
    do throws(HTTPClient.Failure) { return try client.get(url) } catch { throw .request(error) }
  }

  private func next(_ client: HTTPClient) throws(Trouble) -> [UInt8]? {
    do throws(HTTPClient.Failure) { return try client.next() } catch { throw .request(error) }
  }
}
