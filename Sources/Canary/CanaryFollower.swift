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
  }

  /// The largest playlist or MPD.
  private static let largestDocument = 4 << 20
  /// How long a response may give no byte: longer than the server holds a request.
  private static let limit = Interval.seconds(10)

  package let target: CanaryTarget
  private let agent: String
  private let trust: ServerTrust
  private let cancellation: ClientCancellation
  private let figures = Locked(AgeFigures())
  /// The reason of the newest error.
  private let newestError = Locked<String?>(nil)

  /// - Parameters:
  ///   - target: the stream.
  ///   - agent: the value of `User-Agent`.
  ///   - trust: the certificates that the server may have.
  ///   - cancellation: ends the thread.
  package init(
    _ target: CanaryTarget, agent: String, _ trust: ServerTrust,
    _ cancellation: ClientCancellation
  ) {
    self.target = target
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
      }
    newestError.withLock { $0 = text }
  }

  private func follow(_ client: HTTPClient) throws(Trouble) {
    switch target.form {
    case .parts: try followParts(client)
    case .segments:
      guard let edge = ManifestEdge(try text(target.url, client)) else {
        throw .content("not an MPD with SegmentTemplate and a constant duration")
      }
      try followSegments(edge.nextNumber(SystemClock.wallTime), client) { number in
        CanaryTarget.resolve(edge.uri(of: number), target.url)
      }
    case .frames:
      let (url, edge) = try mediaPlaylist(
        CanaryTarget.resolve("playlist.m3u8", target.url), client)
      guard let uri = edge.openSegmentURI else {
        throw .content("the playlist lists no segment with a number in its name")
      }
      // The chunks of the open segment are older than the request.
      let open = "segment\(edge.openSegment)."
      // bounded: far below 2^63
      try followSegments(edge.openSegment + 1, client) { number in
        CanaryTarget.resolve(uri.replacing(open, with: "segment\(number)."), url)
      }
    }
  }

  // MARK: Parts

  /// Requests each part before it exists, then the playlist that lists it.
  private func followParts(_ client: HTTPClient) throws(Trouble) {
    let (url, first) = try mediaPlaylist(target.url, client)
    var edge = first
    while !cancellation.isCancelled {
      guard !edge.hasEnded else { throw .content("the stream has ended") }
      guard let hint = edge.hint else { throw .content("the playlist has no preload hint") }
      let target = Interval.milliseconds(Int64(min(10, max(0, edge.partTarget ?? 1)) * 1000))
      try measure(
        CanaryTarget.resolve(hint, url), client, stallTime: target + .milliseconds(500))
      let query = (url.contains("?") ? "&" : "?") + edge.blockingQuery
      guard let next = PlaylistEdge(try text(url + query, client)) else {
        throw .content("not a playlist")
      }
      // Else the same part would be requested again without a pause.
      guard next.isNewer(than: edge) || next.hasEnded else {
        throw .content("the playlist does not list the part that was complete")
      }
      edge = next
    }
  }

  /// The first Media Playlist at or below an address, and its address.
  private func mediaPlaylist(
    _ url: String, _ client: HTTPClient
  ) throws(Trouble) -> (url: String, PlaylistEdge) {
    guard let edge = PlaylistEdge(try text(url, client)) else { throw .content("not a playlist") }
    guard let variant = edge.variant else { return (url, edge) }
    let media = CanaryTarget.resolve(variant, url)
    guard let found = PlaylistEdge(try text(media, client)), found.variant == nil else {
      throw .content("not a Media Playlist: \(variant)")
    }
    return (media, found)
  }

  // MARK: Segments

  /// Reads segments from `first` on, each requested before or while it is made.
  private func followSegments(
    _ first: Int64, _ client: HTTPClient, _ url: (Int64) -> String
  ) throws(Trouble) {
    var number = first
    while !cancellation.isCancelled {
      try measure(url(number), client, stallTime: .milliseconds(500))
      // bounded: one per response
      number += 1
    }
  }

  // MARK: Requests

  /// Reads media, and counts each chunk when its last byte arrives.
  private func measure(
    _ url: String, _ client: HTTPClient, stallTime: Interval
  ) throws(Trouble) {
    var times = ProducerTimes()
    try open(url, client)
    while let piece = try next(client) {
      let now = SystemClock.wallTime
      let found: [WallTime]
      do throws(ProducerTimes.Damage) { found = try times.take(piece) } catch {
        throw .content("the media are not boxes of ISO BMFF")
      }
      guard !found.isEmpty else { continue }
      let arrival = SystemClock.monotonicTime
      figures.withLock { figures in
        for time in found { figures.add(now - time, stallTime: stallTime, now: arrival) }
      }
    }
    guard times.isWhole else { throw .content("the response ends within a chunk") }
  }

  private func text(_ url: String, _ client: HTTPClient) throws(Trouble) -> String {
    try open(url, client)
    var body: [UInt8] = []
    while let piece = try next(client) {
      body += piece
      guard body.count <= Self.largestDocument else {
        throw .content("a document of more than \(Self.largestDocument) bytes")
      }
    }
    return String(decoding: body, as: UTF8.self)
  }

  private func open(_ url: String, _ client: HTTPClient) throws(Trouble) {
    do throws(HTTPClient.Failure) { try client.get(url) } catch { throw .request(error) }
  }

  private func next(_ client: HTTPClient) throws(Trouble) -> [UInt8]? {
    do throws(HTTPClient.Failure) { return try client.next() } catch { throw .request(error) }
  }
}
