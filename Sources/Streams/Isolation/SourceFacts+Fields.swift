// SPDX-License-Identifier: Apache-2.0

import Capture
package import ChunkStream
import Media
import Time

extension SourceFacts {
  /// The range of the delays of a source.
  private static let delays: ClosedRange<Interval> = .zero ... .seconds(60)
  private static let bitrates: ClosedRange<Int64> = 0...1_000_000_000_000

  /// Reads facts; every value is checked.
  package init(_ reader: inout FieldReader) throws(MessageError) {
    description = try InputDescription(&reader)
    rate = try FrameRate(&reader)
    inputDelay = try reader.interval("an input delay", in: Self.delays)
    audioDelay = try reader.interval("an audio delay", in: Self.delays)
    passThrough = try PassThroughAnalysis.Verdict(&reader)
    peakBitrate = try reader.integer("a bitrate", in: Self.bitrates)
    for _ in description.otherVideos {
      otherBitrates.append(try reader.integer("a bitrate", in: Self.bitrates))
    }
    firstCapture = try reader.optional("a flag") { reader throws(MessageError) in
      MonotonicTime.origin + (try reader.interval("a capture time"))
    }
  }

  /// Adds the facts.
  package func write(to writer: inout FieldWriter) {
    description.write(to: &writer)
    rate.write(to: &writer)
    let delays = Self.delays
    writer.add(min(max(inputDelay, delays.lowerBound), delays.upperBound).nanoseconds)
    writer.add(min(max(audioDelay, delays.lowerBound), delays.upperBound).nanoseconds)
    passThrough.write(to: &writer)
    // One for each rendition, as the reader expects them.
    let others = description.otherVideos.indices.map { index in
      index < otherBitrates.count ? otherBitrates[index] : 0
    }
    for bitrate in [peakBitrate] + others {
      writer.add(min(max(bitrate, Self.bitrates.lowerBound), Self.bitrates.upperBound))
    }
    writer.add(firstCapture) { $0.add($1.nanoseconds) }
  }
}

extension FrameRate {
  init(_ reader: inout FieldReader) throws(MessageError) {
    let (numerator, denominator) = (try reader.integer(Int64.self), try reader.integer(Int64.self))
    guard let rate = FrameRate(numerator, denominator) else {
      throw .invalid(field: "a frame rate", value: "\(numerator)/\(denominator)")
    }
    self = rate
  }

  func write(to writer: inout FieldWriter) {
    writer.add(numerator)
    writer.add(denominator)
  }
}

extension InputDescription {
  /// The longest name of a codec or a format, in bytes.
  private static let name = 128
  /// The most bytes of a decoder's configuration, and of a parameter set.
  private static let configuration = 1 << 17
  /// The most renditions beside the first.
  private static let mostOthers: UInt8 = 7

  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    self.init(
      format: try reader.text("a format", limit: Self.name), video: try Self.video(&reader),
      audio: try reader.optional("a flag") { reader throws(MessageError) in
        try Self.audio(&reader)
      }, isPaced: try reader.boolean("a flag"))
    for _ in 0..<(try reader.integer("the number of renditions", in: 0...Self.mostOthers)) {
      otherVideos.append(try Self.video(&reader))
    }
  }

  fileprivate func write(to writer: inout FieldWriter) {
    writer.add(format)
    Self.write(video, to: &writer)
    writer.add(audio) { writer, audio in
      writer.add(audio.codec)
      writer.add(Int32(clamping: audio.sampleRate))
      writer.add(Int32(clamping: audio.channels))
      writer.add(audio.configuration)
      writer.add(audio.language.packed)
    }
    writer.add(isPaced)
    let others = otherVideos.prefix(Int(Self.mostOthers))
    writer.add(UInt8(clamping: others.count))
    for video in others { Self.write(video, to: &writer) }
  }

  private static func write(_ video: Video, to writer: inout FieldWriter) {
    let codecs: [PassThroughCodec?: UInt8] = [.h264: 1, .hevc: 2, .av1: 3]
    writer.add(codecs[video.passThroughCodec] ?? 0)
    writer.add(video.codec)
    writer.add(Int32(clamping: video.width))
    writer.add(Int32(clamping: video.height))
    writer.add(video.rate) { $1.write(to: &$0) }
    writer.add(UInt8(clamping: video.parameterSets.count))
    for set in video.parameterSets.prefix(255) { writer.add(set) }
    writer.add(video.configuration)
    writer.add(UInt8(video.rotation.rawValue))
    let colour = video.frames.colour
    for code in [colour.primaries, colour.transfer, colour.matrix] { writer.add(code) }
    writer.add(colour.isFullRange)
    writer.add(UInt8(clamping: video.frames.bitDepth))
    writer.add(video.frames.isInterlaced)
  }

  private static func video(_ reader: inout FieldReader) throws(MessageError) -> Video {
    let codec = try reader.integer("a codec", in: 0...UInt8(3))
    let codecs: [PassThroughCodec?] = [nil, .h264, .hevc, .av1]
    let name = try reader.text("a codec", limit: Self.name)
    let width = try reader.integer("a width", in: 0...Int32(65_536))
    let height = try reader.integer("a height", in: 0...Int32(65_536))
    let rate = try reader.optional("a flag") { reader throws(MessageError) in
      try FrameRate(&reader)
    }
    var sets: [[UInt8]] = []
    for _ in 0..<(try reader.integer(UInt8.self)) {
      sets.append(try reader.bytes("a parameter set", limit: configuration))
    }
    let configuration = try reader.bytes("a configuration", limit: configuration)
    let rotation = try reader.integer("a rotation", in: 0...UInt8(3))
    var frames = FrameProperties()
    frames.colour = ColourDescription(
      primaries: try reader.integer(UInt8.self), transfer: try reader.integer(UInt8.self),
      matrix: try reader.integer(UInt8.self), isFullRange: try reader.boolean("a flag"))
    frames.bitDepth = Int(try reader.integer("a bit depth", in: 0...UInt8(64)))
    frames.isInterlaced = try reader.boolean("a flag")
    return Video(
      passThroughCodec: codecs[Int(codec)], codec: name, width: Int(width),
      height: Int(height), rate: rate, parameterSets: sets, configuration: configuration,
      rotation: Rotation(rawValue: Int(rotation)) ?? .none, frames: frames)
  }

  private static func audio(_ reader: inout FieldReader) throws(MessageError) -> Audio {
    Audio(
      codec: try reader.text("a codec", limit: Self.name),
      sampleRate: Int(try reader.integer("a sample rate", in: 0...Int32(1 << 24))),
      channels: Int(try reader.integer("the number of channels", in: 0...Int32(1024))),
      configuration: try reader.bytes("a configuration", limit: configuration),
      language: Language(packed: try reader.integer(UInt16.self)))
  }
}

extension PassThroughAnalysis.Verdict {
  /// The range of numbers of frames in a segment.
  private static let frames: ClosedRange<Int64> = 1...1_000_000
  /// The longest segment: far more than options permit.
  private static let longest = Interval.seconds(3600)

  fileprivate init(_ reader: inout FieldReader) throws(MessageError) {
    switch try reader.integer("a verdict", in: 0...UInt8(7)) {
    case 0: self = .undecided
    case 1:
      let fit = PassThroughAnalysis.Fit(
        rate: try FrameRate(&reader),
        groupFrames: try reader.integer("a number of frames", in: Self.frames),
        segmentFrames: try reader.integer("a number of frames", in: Self.frames),
        hasVariableDuration: try reader.boolean("a flag"))
      guard FrameGrid(rate: fit.rate).duration(ofFrames: fit.segmentFrames) <= Self.longest else {
        throw .invalid(field: "a segment", value: "of \(fit.segmentFrames) frames")
      }
      self = .fits(fit)
    case 2: self = .unfit(.codec(try reader.text("a codec", limit: 128)))
    case 3: self = .unfit(.reordered)
    case 4: self = .unfit(.irregularRate(try FrameRate(&reader)))
    case 5: self = .unfit(.longGroup(try reader.integer("a duration", in: 0...1_000_000)))
    case 6: self = .unfit(.playlist)
    default: self = .unfit(.rotated)
    }
  }

  fileprivate func write(to writer: inout FieldWriter) {
    switch self {
    case .undecided: writer.add(UInt8(0))
    case .fits(let fit):
      writer.add(UInt8(1))
      fit.rate.write(to: &writer)
      writer.add(fit.groupFrames)
      writer.add(fit.segmentFrames)
      writer.add(fit.hasVariableDuration)
    case .unfit(.codec(let name)):
      writer.add(UInt8(2))
      writer.add(name)
    case .unfit(.reordered): writer.add(UInt8(3))
    case .unfit(.irregularRate(let rate)):
      writer.add(UInt8(4))
      rate.write(to: &writer)
    case .unfit(.longGroup(let seconds)):
      writer.add(UInt8(5))
      writer.add(seconds)
    case .unfit(.playlist): writer.add(UInt8(6))
    case .unfit(.rotated): writer.add(UInt8(7))
    }
  }
}
