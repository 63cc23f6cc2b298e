// SPDX-License-Identifier: Apache-2.0

import Net
package import Time

/// A request of a viewer, as far as it matters for statistics.
package struct ViewerRequest {
  /// The object that is requested.
  package enum Object {
    case playlist
    /// A part, or a playlist by Delivery Directives.
    case lowLatency
    case chunkedPlaylist
    case manifest
    case segment
    /// A segment that is open or has not begun.
    case openSegment
    /// Pictures for as long as the request lasts.
    case motionPictures
    /// A file of an uploaded stream.
    case uploaded

    /// Whether a client that requests nothing else is no viewer: scripts read playlists too.
    package var isIndex: Bool {
      switch self {
      case .playlist, .chunkedPlaylist, .manifest: true
      case .lowLatency, .segment, .openSegment, .motionPictures, .uploaded: false
      }
    }
  }

  /// The number of the viewer: the same for all its connections.
  package let viewer: UInt64
  package let object: Object
  /// The rendition of the video, or of the audio alone; nil if the request has none.
  package let rendition: String?
  package let segmentDuration: Interval
  /// CMCD.
  package let report: CMCDReport?

  package init(
    viewer: UInt64, object: Object, rendition: String?, segmentDuration: Interval,
    report: CMCDReport?
  ) {
    self.viewer = viewer
    self.object = object
    self.rendition = rendition
    self.segmentDuration = segmentDuration
    self.report = report
  }
}

/// The viewers over HTTP on one loop, known by their requests: a pure state machine.
///
/// A viewer leaves when it has no request under way and was silent for 5 s, or for 1.5 segments if
/// they last longer.
package struct HTTPViewerTable: Sendable {
  /// The maximum number of viewers; further ones are not counted.
  package static let capacity = 10_000
  /// The maximum number of viewers of one address (IPv6: of one /64): a client may invent sessions.
  static let addressCapacity = 1000
  private static let gracePeriod = Interval.seconds(5)
  /// A request that lasts longer is no sign of presence.
  private static let maximumRequestTime = Interval.seconds(60)
  /// The time after which parts requested earlier do not determine the transport.
  private static let memory = Interval.seconds(10)
  /// The interval over which the rate of sent bytes is measured, at least.
  private static let rateInterval = Interval.seconds(3)

  /// A viewer that is present, and the time of its last sign.
  package struct Presence {
    package var report: ViewerReport
    package let seenAt: MonotonicTime

    /// The viewer of both loops: the newer report, and the sum of the rates.
    package func merged(with other: Presence) -> Presence {
      var newest = seenAt < other.seenAt ? other : self
      newest.report.since = min(report.since, other.report.since)
      newest.report.kilobits = report.kilobits.addingSaturated(other.report.kilobits)
      newest.report.skips = report.skips + other.report.skips
      return newest
    }
  }

  private struct Viewer {
    var report: ViewerReport
    /// The kind of the last playlist or MPD.
    var index = ViewerRequest.Object.playlist
    var lowLatencyAt = MonotonicTime.distantPast
    var hasMedia = false
    /// Requests under way.
    var requests = 0
    /// Whether one of them may last longer than ``maximumRequestTime``.
    var isLasting = false
    var seenAt: MonotonicTime
    var gracePeriod: Interval
    var roundTripAt = MonotonicTime.distantPast
    /// Bytes sent since the rate was measured, and that time.
    var counted: (bytes: Int64, since: MonotonicTime)

    func isPresent(_ now: MonotonicTime) -> Bool {
      let silence = now - seenAt
      return silence < gracePeriod || requests > 0 && (isLasting || silence < maximumRequestTime)
    }

    /// A request begins.
    ///
    /// - Returns: the transport, and whether the round trip is to be measured.
    mutating func began(
      _ request: ViewerRequest, _ now: MonotonicTime
    ) -> (transport: ViewerTransport, wantsRoundTrip: Bool) {
      requests += 1
      seenAt = now
      // bounded: intervals saturate
      gracePeriod = max(HTTPViewerTable.gracePeriod, request.segmentDuration * 3 / 2)
      if request.object.isIndex { index = request.object } else { hasMedia = true }
      if case .lowLatency = request.object { lowLatencyAt = now }
      if case .motionPictures = request.object { isLasting = true }
      report.transport = transport(request.object, now)
      if let rendition = request.rendition { report.rendition = rendition }
      if let new = request.report { report.figures.take(new) }
      let wantsRoundTrip = now - roundTripAt >= .seconds(1)
      if wantsRoundTrip { roundTripAt = now }
      return (report.transport, wantsRoundTrip)
    }

    /// A response has ended; see ``HTTPViewerTable/ended(_:bytes:isCut:sending:now:)``.
    mutating func ended(bytes: Int, isCut: Bool, sending: Interval?, _ now: MonotonicTime) {
      requests = max(0, requests - 1)
      if requests == 0 { isLasting = false }
      seenAt = now
      counted.bytes = counted.bytes.addingSaturated(Int64(clamping: bytes))
      if isCut { report.skips += 1 }
      if let sending {
        // bounded: floating
        let sendingTime = sending.seconds * 1000
        report.figures.delivery = sendingTime + (report.figures.roundTrip ?? 0) / 2
      }
    }

    private func transport(
      _ object: ViewerRequest.Object, _ now: MonotonicTime
    ) -> ViewerTransport {
      switch (object, index) {
      case (.uploaded, _): .uploads
      case (.lowLatency, _): .lowLatencyHLS
      case (.motionPictures, _): .frames
      case (.playlist, _), (.chunkedPlaylist, _), (.manifest, _): report.transport
      case (_, .manifest): .dash
      case (_, .chunkedPlaylist): .segmentedHLS
      case (.segment, _) where report.transport == .frames: .frames
      case (_, _) where now - lowLatencyAt < memory: .lowLatencyHLS
      case (.openSegment, _): .frames
      case (.segment, _): .segmentedHLS
      }
    }
  }

  private var viewers: [UInt64: Viewer] = [:]
  private var addressCounts: [PeerAddress: Int] = [:]

  /// The number of viewers, including viewers that have just left.
  package var count: Int { viewers.count }

  /// A request of a viewer begins.
  ///
  /// - Parameters:
  ///   - request: the request.
  ///   - now: the present time.
  /// - Returns: the transport of the viewer, and whether its round trip is to be measured; nil if
  ///   the viewer is not present.
  package mutating func began(
    _ request: ViewerRequest, now: MonotonicTime
  ) -> (transport: ViewerTransport, wantsRoundTrip: Bool)? {
    guard let known = viewers.index(forKey: request.viewer) else { return nil }
    // Changed in place: a copy of a viewer retains all texts of its report.
    guard viewers.values[known].isPresent(now) else {
      remove(request.viewer)
      return nil
    }
    return viewers.values[known].began(request, now)
  }

  /// The first request of a viewer begins.
  ///
  /// - Returns: as ``began(_:now:)``; nil if there are too many viewers.
  package mutating func add(
    _ report: ViewerReport, _ request: ViewerRequest, now: MonotonicTime
  ) -> (transport: ViewerTransport, wantsRoundTrip: Bool)? {
    guard var viewer = add(report, now) else { return nil }
    defer { viewers[request.viewer] = viewer }
    return viewer.began(request, now)
  }

  /// A new viewer; nil if there are too many, in all or of its address.
  private mutating func add(_ report: ViewerReport, _ now: MonotonicTime) -> Viewer? {
    let owner = report.peer.owner
    let count = addressCounts[owner, default: 0]
    guard viewers.count < Self.capacity, count < Self.addressCapacity else { return nil }
    addressCounts[owner] = count + 1
    return Viewer(report: report, seenAt: now, gracePeriod: Self.gracePeriod, counted: (0, now))
  }

  private mutating func remove(_ number: UInt64) {
    guard let owner = viewers.removeValue(forKey: number)?.report.peer.owner else { return }
    let count = addressCounts[owner, default: 0]
    addressCounts[owner] = count > 1 ? count - 1 : nil
  }

  /// The round trip of a viewer's connection was measured.
  package mutating func measured(roundTrip: Interval, of number: UInt64) {
    // bounded: floating
    viewers[number]?.report.figures.roundTrip = roundTrip.seconds * 1000
  }

  /// A response has ended.
  ///
  /// - Parameters:
  ///   - number: the viewer.
  ///   - bytes: the number of sent bytes.
  ///   - isCut: whether the viewer did not get the whole response.
  ///   - sending: the time from the publication of a part until it was sent; nil if unknown.
  ///   - now: the present time.
  package mutating func ended(
    _ number: UInt64, bytes: Int, isCut: Bool, sending: Interval?, now: MonotonicTime
  ) {
    guard let index = viewers.index(forKey: number) else { return }
    viewers.values[index].ended(bytes: bytes, isCut: isCut, sending: sending, now)
  }

  /// The transport of a viewer; nil if it is not known.
  package func transport(of number: UInt64) -> ViewerTransport? {
    viewers[number]?.report.transport
  }

  /// The viewers that are present; the others are forgotten.
  package mutating func present(_ now: MonotonicTime) -> [Presence] {
    var gone: [UInt64] = []
    var found: [Presence] = []
    found.reserveCapacity(viewers.count)
    for (number, var viewer) in viewers {
      guard viewer.isPresent(now) else {
        gone.append(number)
        continue
      }
      let elapsed = now - viewer.counted.since
      if elapsed >= Self.rateInterval {
        viewer.report.kilobits =
          elapsed.rate(of: viewer.counted.bytes.multipliedSaturated(by: 8)) / 1000
        viewer.counted = (0, now)
        viewers[number] = viewer
      }
      if viewer.hasMedia { found.append(Presence(report: viewer.report, seenAt: viewer.seenAt)) }
    }
    for number in gone { remove(number) }
    return found
  }
}

extension PlayerFigures {
  /// Takes the values of CMCD.
  fileprivate mutating func take(_ report: CMCDReport) {
    if let value = report.latencyMilliseconds { delay = value }
    if let value = report.bufferMilliseconds { buffer = value }
    if let value = report.playbackRate { rate = value }
    if let value = report.throughputKilobits { throughput = value }
    if report.starved { stalls = (stalls ?? 0) + 1 }
  }
}
