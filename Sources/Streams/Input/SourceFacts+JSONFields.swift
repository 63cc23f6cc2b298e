// SPDX-License-Identifier: Apache-2.0

import Capture
package import ChunkStream
import Media
import Time

extension SourceFacts: JSONFields {
  /// The range of the delays of a source.
  private static let delays: ClosedRange<Interval> = .zero ... .seconds(60)
  private static let bitrates: ClosedRange<Int64> = 0...1_000_000_000_000

  /// The facts with values that ``check()`` accepts, for another process.
  ///
  /// Delays and bitrates are limited, and each rendition has a bitrate.
  var limited: SourceFacts {
    func limit<Value>(_ value: Value, to range: ClosedRange<Value>) -> Value {
      min(max(value, range.lowerBound), range.upperBound)
    }
    var facts = SourceFacts(
      description: description.limited, rate: rate, inputDelay: limit(inputDelay, to: Self.delays),
      audioDelay: limit(audioDelay, to: Self.delays), passThrough: passThrough,
      peakBitrate: limit(peakBitrate, to: Self.bitrates), firstCapture: firstCapture)
    facts.otherBitrates = facts.description.otherVideos.indices.map { index in
      index < otherBitrates.count ? limit(otherBitrates[index], to: Self.bitrates) : 0
    }
    return facts
  }

  /// Checks the facts.
  ///
  /// - Throws: the error in a value that is out of its range.
  package func check() throws(MessageError) {
    try description.check()
    try MessageError.check("an input delay", inputDelay, in: Self.delays)
    try MessageError.check("an audio delay", audioDelay, in: Self.delays)
    if case .fits(let fit) = passThrough { try fit.check() }
    if case .unfit(let reason) = passThrough { try reason.check() }
    for bitrate in [peakBitrate] + otherBitrates {
      try MessageError.check("a bitrate", bitrate, in: Self.bitrates)
    }
    guard otherBitrates.count == description.otherVideos.count else {
      throw .invalid(field: "the number of bitrates", value: "\(otherBitrates.count)")
    }
    if let firstCapture {
      try MessageError.check("a capture time", firstCapture.nanoseconds, in: FieldReader.times)
    }
  }
}

extension InputDescription {
  /// The longest name of a codec or a format, in bytes.
  fileprivate static let maximumNameLength = 128
  /// The most bytes of a decoder's configuration, and of a parameter set.
  fileprivate static let maximumConfigurationLength = 1 << 17
  /// The most renditions beside the first.
  private static let maximumOthers = 7

  fileprivate var limited: InputDescription {
    var description = self
    description.otherVideos = Array(otherVideos.prefix(Self.maximumOthers))
    return description
  }

  fileprivate func check() throws(MessageError) {
    try MessageError.check("a format", format, limit: Self.maximumNameLength)
    try MessageError.check("the renditions", count: otherVideos.count, limit: Self.maximumOthers)
    for video in videos { try video.check() }
    try MessageError.check(
      "the audio tracks", count: audioTracks.count, limit: Self.maximumAudioTracks)
    guard audio != nil || otherAudio.isEmpty else {
      throw .invalid(field: "the audio tracks", value: "without a first one")
    }
    for audio in audioTracks { try audio.check() }
  }
}

extension InputDescription.Video {
  private static let sides = 0...65_536
  private static let maximumSets = 255

  fileprivate func check() throws(MessageError) {
    try MessageError.check("a codec", codec, limit: InputDescription.maximumNameLength)
    try MessageError.check("a width", width, in: Self.sides)
    try MessageError.check("a height", height, in: Self.sides)
    try MessageError.check(
      "the parameter sets", count: parameterSets.count, limit: Self.maximumSets)
    for bytes in parameterSets + [configuration] {
      try MessageError.check(
        "a configuration", count: bytes.count, limit: InputDescription.maximumConfigurationLength)
    }
    try MessageError.check("a bit depth", frames.bitDepth, in: 0...64)
  }
}

extension InputDescription.Audio {
  fileprivate func check() throws(MessageError) {
    try MessageError.check("a codec", codec, limit: InputDescription.maximumNameLength)
    try MessageError.check("a sample rate", sampleRate, in: 0...1 << 24)
    try MessageError.check("the number of channels", channels, in: 0...1024)
    try MessageError.check("a name", label ?? "", limit: 256)
    try MessageError.check("a rank", rank, in: 0...InputDescription.maximumAudioTracks)
    try MessageError.check(
      "a configuration", count: configuration.count,
      limit: InputDescription.maximumConfigurationLength)
  }
}

extension PassThroughAnalysis.Fit {
  private static let frames: ClosedRange<Int64> = 1...1_000_000
  /// The longest segment: far more than options permit.
  private static let longest = Interval.seconds(3600)

  fileprivate func check() throws(MessageError) {
    try MessageError.check("a number of frames", groupFrames, in: Self.frames)
    try MessageError.check("a number of frames", segmentFrames, in: Self.frames)
    for count in [reordering.lead, reordering.delay] {
      try MessageError.check("a number of frames", count, in: 0...Reordering.maximum)
    }
    guard FrameGrid(rate: rate).duration(ofFrames: segmentFrames) <= Self.longest else {
      throw .invalid(field: "a segment", value: "of \(segmentFrames) frames")
    }
  }
}

extension PassThroughAnalysis.Reason {
  fileprivate func check() throws(MessageError) {
    switch self {
    case .codec(let name):
      try MessageError.check("a codec", name, limit: InputDescription.maximumNameLength)
    case .longGroup(let seconds): try MessageError.check("a duration", seconds, in: 0...1_000_000)
    case .unpaced(_, let arriving):
      try MessageError.check("a number of frames", arriving, in: 0...1_000_000_000)
    case .reordered, .openGroup, .irregularRate, .unplaceable, .playlist: break
    }
  }
}
