// SPDX-License-Identifier: Apache-2.0

import Capture
package import ChunkStream
import Media
import Packaging
package import Time

/// The constants of a stream session, as the first message of its feed states them.
///
/// A server that reads the feed serves the stream with the same names, numbers and durations.
package struct FeedDescription: JSONFields, Equatable {
  /// The most bytes of the JSON: several times those of the longest ladder.
  package static let maximumBytes = 1 << 16
  /// The longest segment: more than options permit.
  private static let longest = Interval.seconds(60)
  /// The most frames of a segment: products with the numbers of requested segments fit 64 bits.
  private static let maximumFrames: Int64 = 1 << 16

  /// The identities of the servers, from the first one to the server of the feed.
  package var path: [String]
  /// The session, which the first server has begun.
  let session: UpstreamFacts
  let renditions: [RenditionSettings]
  let segmentation: Segmentation
  let audio: [AudioTrackSettings]
  let playlistLength: Int
  let retained: Int
  let numbering: MediaNames.Numbering

  /// Checks the description.
  ///
  /// - Throws: the error in a value that is out of its range.
  package func check() throws(MessageError) {
    try MessageError.check("the number of servers", path.count, in: 1...64)
    guard path.allSatisfy({ ServerIdentity.isValid($0) }) else {
      throw .invalid(field: "an identity", value: "with characters that are not permitted")
    }
    let numbers = 1...FieldReader.numbers.upperBound
    try MessageError.check("a segment number", session.firstSegment, in: numbers)
    try MessageError.check("an input delay", session.inputDelay, in: UpstreamFacts.delays)
    try MessageError.check("an audio delay", session.audioDelay, in: UpstreamFacts.delays)
    try checkRenditions()
    try checkSegmentation()
    try MessageError.check("a length", playlistLength, in: 1...3600)
    try MessageError.check("a length", retained, in: 1...7200)
  }

  private func checkRenditions() throws(MessageError) {
    try MessageError.check(
      "the number of renditions", renditions.count, in: 1...SessionOrder.maximumRenditions)
    for rendition in renditions {
      try MessageError.check("a name", rendition.name, limit: 64)
      guard rendition.name != AudioTrackSettings.defaultName else {
        throw .invalid(field: "a name", value: "that only audio can have")
      }
      try MessageError.check("a bitrate", rendition.bitrateKilobits, in: 0...10_000_000)
    }
    let names = renditions.map(\.name) + audio.map(\.name)
    try MessageError.check("the tracks", count: names.count, limit: Int(FieldReader.maximumTracks))
    guard names.allSatisfy({ StreamName.isValid($0) && $0 != "auto" }),
      Set(names).count == names.count
    else { throw .invalid(field: "a name", value: "that no other rendition can have") }
  }

  private func checkSegmentation() throws(MessageError) {
    let frames = segmentation.maximumFramesPerSegment ?? segmentation.framesPerSegment
    guard frames <= Self.maximumFrames,
      segmentation.grid.duration(ofFrames: frames) <= Self.longest
    else { throw .invalid(field: "a segment", value: "of \(frames) frames") }
    let end = segmentation.firstFrame(of: session.firstSegment + 1)
    guard segmentation.grid.frameTime(of: end) < .distantFuture else {
      throw .invalid(
        field: "a segment number", value: "\(session.firstSegment), whose time is too late")
    }
    for track in audio { try track.check(beside: segmentation) }
    guard audio.allSatisfy(\.isOfInput), audio.count(where: \.isDefault) <= 1 else {
      throw .invalid(field: "an audio track", value: "with another source, or a second default")
    }
  }

  /// Whether both describe the same session, whatever the servers between.
  func isSameSession(as other: FeedDescription) -> Bool {
    var same = other
    same.path = path
    return self == same
  }

  /// The configuration of a session that serves the same stream under the name `name`.
  package func configuration(named name: String) -> StreamConfiguration {
    var configuration = StreamConfiguration(renditions: renditions, segmentation: segmentation)
    configuration.name = name
    configuration.source = .upstream(session)
    configuration.audioTracks = audio
    configuration.waitsForSource = true
    configuration.playlistLength = playlistLength
    configuration.retained = retained
    configuration.prefill = 0
    configuration.numbering = numbering
    return configuration
  }
}

/// The state of the source, which a feed repeats.
package struct FeedStatus: Sendable, Equatable {
  /// Whether the source supplies frames.
  package let isSourceOnline: Bool
  /// Wall clock minus the wall clock that the stream announces; at most 34 years.
  package let clockError: Interval
  private static let maximumError = Interval.seconds(1 << 30)

  /// A status.
  package init(isSourceOnline: Bool, clockError: Interval) {
    self.isSourceOnline = isSourceOnline
    self.clockError = min(max(clockError, -Self.maximumError), Self.maximumError)
  }

  /// Reads a status.
  package init(fields: [UInt8]) throws(MessageError) {
    var reader = FieldReader(fields)
    self.init(
      isSourceOnline: try reader.boolean(),
      clockError: try reader.interval("a clock error"))
    try reader.end()
  }

  /// The status as fields.
  package var fields: [UInt8] {
    var writer = FieldWriter()
    writer.add(isSourceOnline, clockError)
    return writer.bytes
  }
}
