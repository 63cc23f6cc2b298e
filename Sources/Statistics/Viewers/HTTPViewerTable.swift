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
  }

  private var viewers: [UInt64: Viewer] = [:]
  private var addressCounts: [PeerAddress: Int] = [:]

  /// The number of viewers, including viewers that have just left.
  package var count: Int { viewers.count }

  /// A request begins.
  ///
  /// - Parameters:
  ///   - request: the request.
  ///   - now: the present time.
  ///   - report: the report of a viewer that is not known yet.
  /// - Returns: the transport of the viewer, nil if the viewer is not counted; and whether its
  ///   round trip is to be measured.
  package mutating func began(
    _ request: ViewerRequest, now: MonotonicTime, _ report: () -> ViewerReport
  ) -> (transport: ViewerTransport?, wantsRoundTrip: Bool) {
    if let known = viewers[request.viewer], !known.isPresent(now) { remove(request.viewer) }
    guard var viewer = viewers[request.viewer] ?? add(report(), now) else { return (nil, false) }
    viewer.requests += 1
    viewer.seenAt = now
    // bounded: intervals saturate
    viewer.gracePeriod = max(Self.gracePeriod, request.segmentDuration * 3 / 2)
    if request.object.isIndex { viewer.index = request.object } else { viewer.hasMedia = true }
    if case .lowLatency = request.object { viewer.lowLatencyAt = now }
    if case .motionPictures = request.object { viewer.isLasting = true }
    viewer.report.transport = Self.transport(of: viewer, request.object, now)
    if let rendition = request.rendition { viewer.report.rendition = rendition }
    if let report = request.report { viewer.report.figures.take(report) }
    let wantsRoundTrip = now - viewer.roundTripAt >= .seconds(1)
    if wantsRoundTrip { viewer.roundTripAt = now }
    viewers[request.viewer] = viewer
    return (viewer.report.transport, wantsRoundTrip)
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

  private static func transport(
    of viewer: Viewer, _ object: ViewerRequest.Object, _ now: MonotonicTime
  ) -> ViewerTransport {
    switch (object, viewer.index) {
    case (.uploaded, _): .uploads
    case (.lowLatency, _): .lowLatencyHLS
    case (.motionPictures, _): .frames
    case (.playlist, _), (.chunkedPlaylist, _), (.manifest, _): viewer.report.transport
    case (_, .manifest): .dash
    case (_, .chunkedPlaylist): .segmentedHLS
    case (.segment, _) where viewer.report.transport == .frames: .frames
    case (_, _) where now - viewer.lowLatencyAt < memory: .lowLatencyHLS
    case (.openSegment, _): .frames
    case (.segment, _): .segmentedHLS
    }
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
    guard var viewer = viewers[number] else { return }
    viewer.requests = max(0, viewer.requests - 1)
    if viewer.requests == 0 { viewer.isLasting = false }
    viewer.seenAt = now
    viewer.counted.bytes = viewer.counted.bytes.addingSaturated(Int64(clamping: bytes))
    if isCut { viewer.report.skips += 1 }
    if let sending {
      // bounded: floating
      let sendingTime = sending.seconds * 1000
      viewer.report.figures.delivery = sendingTime + (viewer.report.figures.roundTrip ?? 0) / 2
    }
    viewers[number] = viewer
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
