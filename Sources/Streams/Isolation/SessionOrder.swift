// SPDX-License-Identifier: Apache-2.0

import Capture
import ChunkStream
import Media
import Packaging
import Time

/// The session that a process of its own runs for the server: its configuration and its place in
/// time.
struct SessionOrder: JSONFields {
  /// The most renditions of a ladder.
  static let maximumRenditions = 30

  private(set) var configuration: StreamConfiguration
  let anchor: SessionAnchor

  init(_ configuration: StreamConfiguration, _ anchor: SessionAnchor) {
    self.configuration = configuration
    self.anchor = anchor
  }

  /// Reads the order for a source with the facts `facts`.
  ///
  /// - Throws: the error if it is none.
  init(fields: [UInt8], facts: SourceFacts) throws(MessageError) {
    try self.init(fields: fields)
    configuration.source = .network(facts)
    configuration.waitsForSource = true
    let indices = configuration.audioTracks.indices.filter { index in
      configuration.audioTracks[index].isOfInput
    }
    let tracks = facts.description.audioTracks
    let assigned = AudioTrackSelector.assign(
      indices.map { configuration.audioTracks[$0] }, tracks)
    for (index, track) in zip(indices, assigned) {
      let codec = configuration.audioTracks[index].alternative?.codec
      let copied = track.flatMap { CopiedAudioFormat(tracks[$0], as: codec) }
      let language = configuration.audioTracks[index].encoder.language
      configuration.audioTracks[index].source = .input(copied?.speaking(language))
    }
  }

  func check() throws(MessageError) {
    try configuration.check()
    try MessageError.check(
      "the tracks", count: anchor.published.count, limit: Int(FieldReader.maximumTracks))
  }
}

extension StreamConfiguration {
  /// The longest name of a stream, a rendition, an encoder or a preset, in bytes.
  private static let maximumNameLength = 256
  /// The longest text of an overlay or a path, in bytes.
  private static let maximumTextLength = 1 << 16
  private static let numbers = Int(Int32.min)...Int(Int32.max)

  fileprivate func check() throws(MessageError) {
    try MessageError.check(
      "the number of renditions", renditions.count, in: 1...SessionOrder.maximumRenditions)
    for rendition in renditions {
      try MessageError.check("a bitrate", rendition.bitrateKilobits, in: Self.numbers)
    }
    for name in renditions.map(\.name) + [name, encoder, preset] {
      try MessageError.check("a name", name, limit: Self.maximumNameLength)
    }
    try MessageError.check(
      "the tracks", count: renditions.count + audioTracks.count,
      limit: Int(FieldReader.maximumTracks))
    for track in audioTracks { try track.check(beside: segmentation) }
    for number in [intraInterval ?? 0, prefill] {
      try MessageError.check("a number", number, in: Self.numbers)
    }
    for text in [overlay?.text, overlay?.font, slate].compactMap(\.self) {
      try MessageError.check("a text", text, limit: Self.maximumTextLength)
    }
    if let overlay, Overlay(overlay.text) == nil {
      throw .invalid(field: "an overlay", value: "that cannot be read")
    }
  }
}
