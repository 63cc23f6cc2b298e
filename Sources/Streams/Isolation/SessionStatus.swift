// SPDX-License-Identifier: Apache-2.0

import Capture
package import ChunkStream
import Sharing
package import Time

/// The counters of a session in a process of its own, which that process sends regularly.
package struct SessionStatus: Sendable {
  /// The most streams at the connection that are named, and the longest name in bytes.
  private static let maximumNames: UInt8 = 32
  private static let maximumNameLength = 256

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
    let tracks = try reader.integer("the number of tracks", in: 0...FieldReader.maximumTracks)
    statistics = StreamStatistics(renditions: Int(tracks))
    for counter in StreamStatistics.counters { statistics[keyPath: counter] = try reader.count() }
    statistics.isSourceOnline = try reader.boolean()
    statistics.shownInput = try reader.optional { reader throws(MessageError) in
      Int(try reader.integer("an input", in: 0...StartOrder.maximumInputs))
    }
    let fault = try reader.integer("an audio fault", in: 0...AudioFault.largest)
    statistics.audioFaults = Set([AudioFault(rawValue: fault)].compactMap(\.self))
    statistics.irregularities = try SourceIrregularities(&reader)
    statistics.changedFrames = try reader.optional { reader throws(MessageError) in
      try ChangedFrames(&reader)
    }
    for _ in 0..<(try reader.integer("the number of streams", in: 0...Self.maximumNames)) {
      statistics.sharedWith.append(try reader.text("a name", limit: Self.maximumNameLength))
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
    for counter in StreamStatistics.counters { writer.add(statistics[keyPath: counter]) }
    let input = statistics.shownInput.map { UInt8(clamping: $0) }
    let names = statistics.sharedWith.prefix(Int(Self.maximumNames))
    writer.add(
      statistics.isSourceOnline, input, statistics.audioFault?.rawValue ?? 0)
    statistics.irregularities.write(to: &writer)
    writer.add(statistics.changedFrames != nil)
    if let frames = statistics.changedFrames { frames.write(to: &writer) }
    writer.add(UInt8(clamping: names.count))
    for name in names { writer.add(name) }
    for rendition in statistics.renditions { rendition.write(to: &writer) }
    let most = Interval.seconds(1 << 30)
    writer.add(min(max(clockError, -most), most))
    return writer.bytes
  }
}

extension SourceIrregularities {
  /// The largest step and lag.
  private static let most = Interval.seconds(3600)

  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    self.init()
    displacedPerMinute = try reader.count()
    timestampStep = try reader.interval("a step", in: .zero...Self.most)
    audioLag = try reader.optional { reader throws(MessageError) in
      try reader.interval("a lag", in: -Self.most...Self.most)
    }
  }

  fileprivate func write(to writer: inout FieldWriter) {
    writer.add(
      min(displacedPerMinute, 1 << 48), min(max(timestampStep, .zero), Self.most),
      audioLag.map { min(max($0, -Self.most), Self.most) })
  }
}

extension ChangedFrames {
  private static let formats: [ChromaFormat] = [.yuv420, .yuv422, .yuv440, .yuv444]

  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    let bits = try reader.integer("a bit depth", in: UInt8(0)...64)
    let format = try reader.integer("a chroma format", in: UInt8(0)...3)
    // bounded: the format is an index
    self.init(bits, Self.formats[Int(format)], isInterlaced: try reader.boolean())
  }

  fileprivate func write(to writer: inout FieldWriter) {
    let format = Self.formats.firstIndex(of: chroma) ?? 0
    writer.add(min(bitDepth, 64), UInt8(clamping: format), isInterlaced)
  }
}

extension FieldReader {
  /// Reads a count; sums of counts of this range do not overflow.
  fileprivate mutating func count() throws(MessageError) -> UInt64 {
    try integer("a count", in: 0...1 << 48)
  }
}

extension RenditionStatistics {
  private static let counters: [any WritableKeyPath<Self, UInt64> & Sendable] = [
    \.overloads, \.segmentsLeftOut, \.slotsWithoutFrame, \.mediaBytes,
  ]
  private static let histograms: [any WritableKeyPath<Self, Histogram> & Sendable] = [
    \.encoderDelay, \.partLateness, \.partDuration,
  ]

  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    self.init()
    // bounded: key paths are no indices
    for counter in Self.counters { self[keyPath: counter] = try reader.count() }
    // bounded: key paths are no indices
    for histogram in Self.histograms { self[keyPath: histogram] = try Histogram(&reader) }
  }

  fileprivate func write(to writer: inout FieldWriter) {
    // bounded: key paths are no indices
    for counter in Self.counters { writer.add(self[keyPath: counter]) }
    // bounded: key paths are no indices
    for histogram in Self.histograms { self[keyPath: histogram].write(to: &writer) }
  }

  /// Adds the counts of an earlier process.
  fileprivate mutating func add(_ other: RenditionStatistics) {
    // bounded: counters are at most 2^48 each
    for counter in Self.counters { self[keyPath: counter] &+= other[keyPath: counter] }
    for histogram in Self.histograms { self[keyPath: histogram].add(other[keyPath: histogram]) }
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
  /// The counters that a process sends, and that continue over its restart.
  fileprivate static let counters: [any WritableKeyPath<Self, UInt64> & Sendable] = [
    \.inputFrames, \.repeatedFrames, \.lateFrames, \.surplusFrames, \.damagedFrames, \.lostFrames,
    \.reconnects, \.clockSteps, \.inputSwitches, \.lostPackets,
  ]

  /// Takes the counters of the present process, which follow those of earlier ones.
  mutating func take(_ present: StreamStatistics, after earlier: StreamStatistics) {
    for counter in Self.counters {
      // bounded: counters are at most 2^48 each
      self[keyPath: counter] = present[keyPath: counter] &+ earlier[keyPath: counter]
    }
    isSourceOnline = present.isSourceOnline
    shownInput = present.shownInput
    audioFaults = present.audioFaults
    irregularities = present.irregularities
    changedFrames = present.changedFrames
    sharedWith = present.sharedWith
    for index in renditions.indices where index < present.renditions.count {
      renditions[index] = present.renditions[index]
      if index < earlier.renditions.count { renditions[index].add(earlier.renditions[index]) }
    }
  }
}
