// SPDX-License-Identifier: Apache-2.0

import Capture
package import ChunkStream
import Media
import Packaging
package import Time

/// The constants of a stream session, as the first message of its feed states them.
///
/// A server that reads the feed serves the stream with the same names, numbers and durations.
package struct FeedDescription: Sendable, Equatable {
  /// The longest segment: more than options permit.
  private static let longest = Interval.seconds(60)
  /// The most frames of a segment: products with the numbers of requested segments fit 64 bits.
  private static let mostFrames: Int64 = 1 << 16
  /// The range of delays.
  private static let delays: ClosedRange<Interval> = .zero ... .seconds(120)

  /// The identities of the servers, from the first one to the server of the feed.
  package let path: [String]
  /// The session, which the first server has begun.
  let session: UpstreamFacts
  let renditions: [RenditionSettings]
  let segmentation: Segmentation
  /// Nil without audio.
  let audio: AudioEncoderSettings?
  let playlistLength: Int
  let retained: Int
  let numbering: MediaNames.Numbering

  /// The description of a session of this server, with the servers up to this one.
  package init(_ session: StreamSession, path: [String]) {
    let configuration = session.configuration
    self.path = path
    self.session = UpstreamFacts(
      identity: session.identity, firstSegment: session.names.base + 1,
      inputDelay: configuration.inputDelay, audioDelay: configuration.audioDelay)
    renditions = configuration.renditions
    segmentation = configuration.segmentation
    audio = configuration.audioSegmentation == nil ? nil : configuration.audioSettings
    playlistLength = configuration.playlistLength
    retained = configuration.retained
    numbering = configuration.numbering
  }

  /// Reads a description; every value is checked.
  package init(fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    var path: [String] = []
    for _ in 0..<(try reader.integer("the number of servers", in: 1...UInt8(64))) {
      let identity = try reader.text("an identity", limit: ServerIdentity.longest)
      guard ServerIdentity.isValid(identity) else {
        throw .invalid(field: "an identity", value: "with characters that are not permitted")
      }
      path.append(identity)
    }
    self.path = path
    session = UpstreamFacts(
      identity: try reader.integer(),
      firstSegment: try reader.integer("a segment number", in: 1...ChunkFields.numbers.upperBound),
      inputDelay: try reader.interval("an input delay", in: Self.delays),
      audioDelay: try reader.interval("an audio delay", in: Self.delays))
    renditions = try Self.renditions(&reader)
    segmentation = try Segmentation(&reader)
    let frames = segmentation.mostFramesPerSegment ?? segmentation.framesPerSegment
    guard frames <= Self.mostFrames,
      segmentation.grid.duration(ofFrames: frames) <= Self.longest
    else { throw .invalid(field: "a segment", value: "of \(frames) frames") }
    let end = segmentation.firstFrame(of: session.firstSegment + 1)
    guard segmentation.grid.frameTime(of: end) < .distantFuture else {
      throw .invalid(
        field: "a segment number", value: "\(session.firstSegment), whose time is too late")
    }
    audio = try reader.optional("a flag") { reader throws(MessageError) in
      AudioEncoderSettings(
        sampleRate: try reader.integer("a sample rate", in: 7_000...96_000),
        channels: Int(try reader.integer("the number of channels", in: 1...UInt8(64))),
        bitrateKilobits: Int(try reader.integer("a bitrate", in: 1...Int32(100_000))))
    }
    if let audio {
      let fit = AudioSegmentation(following: segmentation, sampleRate: audio.sampleRate)
      guard fit != nil else {
        throw .invalid(field: "a segment", value: "shorter than a frame of its audio")
      }
    }
    playlistLength = Int(try reader.integer("a length", in: 1...Int32(3600)))
    retained = Int(try reader.integer("a length", in: 1...Int32(7200)))
    numbering = try reader.boolean("a flag") ? .run : .epoch
    try reader.end()
  }

  private static func renditions(
    _ reader: inout FieldReader
  ) throws(MessageError) -> [RenditionSettings] {
    var found: [RenditionSettings] = []
    for _ in 0..<(try reader.integer("the number of renditions", in: 1...UInt8(30))) {
      let name = try reader.text("a name", limit: 64)
      guard StreamName.isValid(name), name != StreamConfiguration.audioName, name != "auto",
        !found.contains(where: { $0.name == name })
      else { throw .invalid(field: "a name", value: "that no other rendition can have") }
      let (width, height) = (try reader.integer(Int32.self), try reader.integer(Int32.self))
      guard let size = VideoSize(width: Int(width), height: Int(height)) else {
        throw .invalid(field: "a size", value: "\(width)x\(height)")
      }
      let bitrate = try reader.integer("a bitrate", in: 0...Int32(10_000_000))
      found.append(RenditionSettings(name: name, size: size, bitrateKilobits: Int(bitrate)))
    }
    return found
  }

  /// The description as fields.
  package var fields: [UInt8] {
    var writer = FieldWriter()
    writer.add(UInt8(clamping: path.count))
    for identity in path { writer.add(identity) }
    writer.add(session.identity)
    writer.add(session.firstSegment)
    for delay in [session.inputDelay, session.audioDelay] {
      writer.add(min(max(delay, Self.delays.lowerBound), Self.delays.upperBound).nanoseconds)
    }
    writer.add(UInt8(clamping: renditions.count))
    for rendition in renditions {
      writer.add(rendition.name)
      writer.add(Int32(clamping: rendition.size.width))
      writer.add(Int32(clamping: rendition.size.height))
      writer.add(Int32(clamping: rendition.bitrateKilobits))
    }
    segmentation.write(to: &writer)
    writer.add(audio) { writer, audio in
      writer.add(audio.sampleRate)
      writer.add(UInt8(clamping: audio.channels))
      writer.add(Int32(clamping: audio.bitrateKilobits))
    }
    writer.add(Int32(clamping: playlistLength))
    writer.add(Int32(clamping: retained))
    writer.add(numbering == .run)
    return writer.bytes
  }

  /// Whether both describe the same session, whatever the servers between.
  func isSameSession(as other: FeedDescription) -> Bool {
    session == other.session && renditions == other.renditions
      && segmentation == other.segmentation && audio == other.audio
      && playlistLength == other.playlistLength && retained == other.retained
      && numbering == other.numbering
  }

  /// The configuration of a session that serves the same stream under the name `name`.
  package func configuration(named name: String) -> StreamConfiguration {
    var configuration = StreamConfiguration(renditions: renditions, segmentation: segmentation)
    configuration.name = name
    configuration.source = .upstream(session)
    if let audio {
      configuration.audio = .input(nil)
      configuration.audioSettings = audio
    }
    configuration.waitsForSource = true
    configuration.playlistLength = playlistLength
    configuration.retained = retained
    configuration.prefill = 0
    configuration.numbering = numbering
    return configuration
  }
}

/// The session of an upstream.
package struct UpstreamFacts: Sendable, Equatable {
  /// The session of the first server.
  let identity: UInt64
  /// Its first segment, from which names may be counted.
  let firstSegment: Int64
  /// How long after its frame time a frame slot stays open.
  let inputDelay: Interval
  /// How long after its end an AAC frame may be published.
  let audioDelay: Interval
}

/// The state of the source, which a feed repeats.
package struct FeedStatus: Sendable, Equatable {
  /// Whether the source supplies frames.
  package let isSourceOnline: Bool
  /// Wall clock minus the wall clock that the stream announces.
  package let clockError: Interval

  /// A status.
  package init(isSourceOnline: Bool, clockError: Interval) {
    self.isSourceOnline = isSourceOnline
    self.clockError = clockError
  }

  /// Reads a status.
  package init(fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    isSourceOnline = try reader.boolean("a flag")
    clockError = try reader.interval("a clock error")
    try reader.end()
  }

  /// The status as fields.
  package var fields: [UInt8] {
    var writer = FieldWriter()
    writer.add(isSourceOnline)
    let most = Interval.seconds(1 << 30)
    writer.add(min(max(clockError, -most), most).nanoseconds)
    return writer.bytes
  }
}
