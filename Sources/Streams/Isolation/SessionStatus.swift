// SPDX-License-Identifier: Apache-2.0

package import ChunkStream
import Sharing
package import Time

/// The counters of a session in a process of its own, which that process sends regularly.
package struct SessionStatus: Sendable {
  /// The most streams at the connection that are named, and the longest name in bytes.
  private static let mostNames: UInt8 = 32
  private static let longestName = 256

  /// The counters of the session's threads.
  package var statistics: StreamStatistics
  /// Wall clock minus the stream's own.
  package var clockError: Interval

  init(_ statistics: StreamStatistics, clockError: Interval) {
    self.statistics = statistics
    self.clockError = clockError
  }

  /// Reads counters; every value is checked.
  package init(fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    let tracks = try reader.integer("the number of tracks", in: 0...ChildMessage.mostTracks)
    statistics = StreamStatistics(renditions: Int(tracks))
    statistics.inputFrames = try reader.count()
    statistics.repeatedFrames = try reader.count()
    statistics.lateFrames = try reader.count()
    statistics.surplusFrames = try reader.count()
    statistics.damagedFrames = try reader.count()
    statistics.lostFrames = try reader.count()
    statistics.reconnects = try reader.count()
    statistics.clockSteps = try reader.count()
    statistics.isSourceOnline = try reader.boolean("a flag")
    statistics.shownInput = try reader.optional("a flag") { reader throws(MessageError) in
      Int(try reader.integer("an input", in: 0...StartOrder.mostInputs))
    }
    statistics.inputSwitches = try reader.count()
    for _ in 0..<(try reader.integer("the number of streams", in: 0...Self.mostNames)) {
      statistics.sharedWith.append(try reader.text("a name", limit: Self.longestName))
    }
    for index in 0..<Int(tracks) {
      statistics.renditions[index] = try RenditionStatistics(&reader)
    }
    clockError = try reader.interval("a clock error")
    try reader.end()
  }

  /// The counters as fields.
  package var fields: [UInt8] {
    var writer = FieldWriter()
    writer.add(UInt8(clamping: statistics.renditions.count))
    for count in [
      statistics.inputFrames, statistics.repeatedFrames, statistics.lateFrames,
      statistics.surplusFrames, statistics.damagedFrames, statistics.lostFrames,
      statistics.reconnects, statistics.clockSteps,
    ] { writer.add(count) }
    writer.add(statistics.isSourceOnline)
    writer.add(statistics.shownInput) { $0.add(UInt8(clamping: $1)) }
    writer.add(statistics.inputSwitches)
    let names = statistics.sharedWith.prefix(Int(Self.mostNames))
    writer.add(UInt8(clamping: names.count))
    for name in names { writer.add(name) }
    for rendition in statistics.renditions { rendition.write(to: &writer) }
    let most = Interval.seconds(1 << 30)
    writer.add(min(max(clockError, -most), most).nanoseconds)
    return writer.bytes
  }
}

extension FieldReader {
  /// Reads a count; sums of counts of this range do not overflow.
  fileprivate mutating func count() throws(MessageError) -> UInt64 {
    try integer("a count", in: 0...1 << 48)
  }
}

extension RenditionStatistics {
  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    self.init()
    overloads = try reader.count()
    segmentsLeftOut = try reader.count()
    slotsWithoutFrame = try reader.count()
    mediaBytes = try reader.count()
    encoderDelay = try Histogram(&reader)
    partLateness = try Histogram(&reader)
    partDuration = try Histogram(&reader)
  }

  fileprivate func write(to writer: inout FieldWriter) {
    writer.add(overloads)
    writer.add(segmentsLeftOut)
    writer.add(slotsWithoutFrame)
    writer.add(mediaBytes)
    for histogram in [encoderDelay, partLateness, partDuration] { histogram.write(to: &writer) }
  }

  /// Adds the counts of an earlier process.
  fileprivate mutating func add(_ other: RenditionStatistics) {
    overloads &+= other.overloads  // bounded: counters are at most 2^48 each
    segmentsLeftOut &+= other.segmentsLeftOut
    slotsWithoutFrame &+= other.slotsWithoutFrame
    mediaBytes &+= other.mediaBytes
    encoderDelay.add(other.encoderDelay)
    partLateness.add(other.partLateness)
    partDuration.add(other.partDuration)
  }
}

extension Histogram {
  /// Reads the counts of a histogram of seconds.
  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    let bounds = Histogram.seconds.bounds
    var counts: [UInt64] = []
    for _ in 0...bounds.count { counts.append(try reader.count()) }
    let sum = Double(bitPattern: try reader.integer())
    guard sum.isFinite, let histogram = Histogram(bounds: bounds, counts: counts, sum: sum) else {
      throw .invalid(field: "a sum", value: "\(sum)")
    }
    self = histogram
  }

  fileprivate func write(to writer: inout FieldWriter) {
    for count in counts { writer.add(count) }
    writer.add(sum.bitPattern)
  }
}

extension StreamStatistics {
  /// Takes the counters of the present process, which follow those of earlier ones.
  mutating func take(_ present: StreamStatistics, after earlier: StreamStatistics) {
    // bounded: counters are at most 2^48 each
    inputFrames = present.inputFrames &+ earlier.inputFrames
    repeatedFrames = present.repeatedFrames &+ earlier.repeatedFrames
    lateFrames = present.lateFrames &+ earlier.lateFrames
    surplusFrames = present.surplusFrames &+ earlier.surplusFrames
    damagedFrames = present.damagedFrames &+ earlier.damagedFrames
    lostFrames = present.lostFrames &+ earlier.lostFrames
    reconnects = present.reconnects &+ earlier.reconnects
    clockSteps = present.clockSteps &+ earlier.clockSteps
    isSourceOnline = present.isSourceOnline
    shownInput = present.shownInput
    sharedWith = present.sharedWith
    inputSwitches = present.inputSwitches &+ earlier.inputSwitches  // bounded: as above
    for index in renditions.indices where index < present.renditions.count {
      renditions[index] = present.renditions[index]
      if index < earlier.renditions.count { renditions[index].add(earlier.renditions[index]) }
    }
  }
}
