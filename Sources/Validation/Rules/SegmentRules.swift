// SPDX-License-Identifier: Apache-2.0

extension Rule {
  static let availableInTime = Rule(
    "segment-in-time", .must, dash + "§5.3.9.5.3",
    "A segment can be requested from its availability time on.")
  static let availableStill = Rule(
    "segment-still-there", .must, dash + "§5.3.9.5.3",
    "A segment can be requested until its duration and timeShiftBufferDepth have passed.")
  static let sentWhole = Rule(
    "segment-sent-whole", .should, "RFC 9112 §8",
    "The response with a segment is sent to its end.")
  static let segmentTime = Rule(
    "segment-time", .must, dash + "§7.2.1",
    "The decode time of a segment is that of the MPD, within half a segment.")
  static let sentWhileMade = Rule(
    "segment-sent-while-made", .should, iop + "9.X.4.3-2",
    "A segment of a low-latency MPD is sent chunk by chunk while it is made.")
  static let severalChunks = Rule(
    "segment-has-chunks", .should, iop + "9.X.4.3-1",
    "A segment of a low-latency MPD has several CMAF chunks.")
  static let headerThere = Rule(
    "header-there", .must, dash + "§5.3.9.5.2",
    "The Initialization Segment can be requested.")
  static let keyFrameOfSegment = Rule(
    "segment-key-frame", .should, iop + "9.X.4.3-4", "A segment begins with a key frame.")

  static let segmentRules = [
    availableInTime, availableStill, sentWhole, segmentTime, sentWhileMade, severalChunks,
    headerThere, keyFrameOfSegment,
  ]
}

extension Findings {
  /// Checks a segment that was requested at its availability time.
  ///
  /// - Parameters:
  ///   - reply: the response.
  ///   - found: its fragments; nil if it is not fragmented MP4.
  ///   - start: the expected decode time, in seconds.
  ///   - duration: the duration in the MPD, in seconds.
  ///   - timescale: of the track.
  ///   - isLowLatency: whether it was available before its end.
  mutating func checkSegment(
    _ reply: Reply, _ found: FragmentSummary?, start: Double, duration: Double, timescale: Int,
    isLowLatency: Bool
  ) {
    guard let found, let first = found.start, timescale > 0 else { return }
    let time = Double(first) / Double(timescale)
    check(
      .segmentTime, abs(time - start) <= duration / 2.0, reply.place,
      seen: "decode time \(Self.rounded(time)) s", expected: "about \(Self.rounded(start)) s")
    check(
      .keyFrameOfSegment, found.beginsWithKeyFrame, reply.place,
      seen: "a first sample that is no key frame")
    guard isLowLatency else { return }
    check(
      .severalChunks, found.fragments > 1, reply.place, seen: "\(found.fragments) chunk")
    let spread = (reply.pieces.last ?? reply.end) - (reply.pieces.first ?? reply.end)
    // The last segment of a stream may be shorter.
    let length = min(duration, found.duration(timescale) ?? duration)
    check(
      .sentWhileMade, spread >= length * 0.25, reply.place,
      seen: "all bytes within \(Self.rounded(spread)) s")
  }
}
