// SPDX-License-Identifier: Apache-2.0

package import Capture
package import Sharing
import Time

/// Follows one target on a thread of its own, until it is cancelled.
///
/// After an error it begins again, with a pause that grows to 5 s.
package final class CanaryFollower: Sendable {
  /// Why a round has ended.
  private enum Trouble: Error {
    case request(FFmpegError)
    case content(String)
  }

  /// The largest playlist or MPD.
  private static let largestDocument = 4 << 20
  /// How long a response may give no byte: longer than the server holds a request.
  private static let limit = Interval.seconds(10)

  package let target: CanaryTarget
  private let agent: String
  private let cancellation: InputCancellation
  private let figures = Locked(AgeFigures())
  /// The reason of the newest error.
  private let newestError = Locked<String?>(nil)

  /// - Parameters:
  ///   - target: the stream.
  ///   - agent: the value of `User-Agent`.
  ///   - cancellation: ends the thread.
  package init(_ target: CanaryTarget, agent: String, _ cancellation: InputCancellation) {
    self.target = target
    self.agent = agent
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
      while !cancellation.isCancelled {
        let began = SystemClock.monotonicTime
        do throws(Trouble) { try follow() } catch {
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

  private func follow() throws(Trouble) {
    switch target.form {
    case .parts: try followParts()
    case .segments:
      guard let edge = ManifestEdge(try text(target.url)) else {
        throw .content("not an MPD with SegmentTemplate and a constant duration")
      }
      try followSegments(edge.nextNumber(SystemClock.wallTime)) { number in
        CanaryTarget.resolve(edge.uri(of: number), target.url)
      }
    case .frames:
      let (url, edge) = try mediaPlaylist(CanaryTarget.resolve("playlist.m3u8", target.url))
      guard let uri = edge.openSegmentURI else {
        throw .content("the playlist lists no segment with a number in its name")
      }
      // The chunks of the open segment are older than the request.
      let open = "segment\(edge.openSegment)."
      // bounded: far below 2^63
      try followSegments(edge.openSegment + 1) { number in
        CanaryTarget.resolve(uri.replacing(open, with: "segment\(number)."), url)
      }
    }
  }

  // MARK: Parts

  /// Requests each part before it exists, then the playlist that lists it.
  private func followParts() throws(Trouble) {
    let (url, first) = try mediaPlaylist(target.url)
    var edge = first
    while !cancellation.isCancelled {
      guard !edge.hasEnded else { throw .content("the stream has ended") }
      guard let hint = edge.hint else { throw .content("the playlist has no preload hint") }
      let target = Interval.milliseconds(Int64(min(10, max(0, edge.partTarget ?? 1)) * 1000))
      try measure(CanaryTarget.resolve(hint, url), stallTime: target + .milliseconds(500))
      let query = (url.contains("?") ? "&" : "?") + edge.blockingQuery
      guard let next = PlaylistEdge(try text(url + query)) else {
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
  private func mediaPlaylist(_ url: String) throws(Trouble) -> (url: String, PlaylistEdge) {
    guard let edge = PlaylistEdge(try text(url)) else { throw .content("not a playlist") }
    guard let variant = edge.variant else { return (url, edge) }
    let media = CanaryTarget.resolve(variant, url)
    guard let found = PlaylistEdge(try text(media)), found.variant == nil else {
      throw .content("not a Media Playlist: \(variant)")
    }
    return (media, found)
  }

  // MARK: Segments

  /// Reads segments from `first` on, each requested before or while it is made.
  private func followSegments(
    _ first: Int64, _ url: (Int64) -> String
  ) throws(Trouble) {
    var number = first
    while !cancellation.isCancelled {
      try measure(url(number), stallTime: .milliseconds(500))
      // bounded: one per response
      number += 1
    }
  }

  // MARK: Requests

  /// Reads media, and counts each chunk when its last byte arrives.
  private func measure(_ url: String, stallTime: Interval) throws(Trouble) {
    var times = ProducerTimes()
    let download = try open(url)
    while let piece = try next(download) {
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

  private func text(_ url: String) throws(Trouble) -> String {
    let download = try open(url)
    var body: [UInt8] = []
    while let piece = try next(download) {
      body += piece
      guard body.count <= Self.largestDocument else {
        throw .content("a document of more than \(Self.largestDocument) bytes")
      }
    }
    return String(decoding: body, as: UTF8.self)
  }

  private func open(_ url: String) throws(Trouble) -> Download {
    do throws(FFmpegError) {
      return try Download(url, agent: agent, limit: Self.limit, cancellation)
    } catch { throw .request(error) }
  }

  private func next(_ download: Download) throws(Trouble) -> [UInt8]? {
    do throws(FFmpegError) { return try download.next() } catch { throw .request(error) }
  }
}
