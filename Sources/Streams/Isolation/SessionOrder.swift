// SPDX-License-Identifier: Apache-2.0

import Capture
import Checked
import ChunkStream
import Media
import Packaging
import Time

/// The session that a process of its own runs for the server: its configuration and its place in
/// time.
struct SessionOrder: JSONFields {
  /// The most renditions of a ladder.
  static let mostRenditions = 30

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
    guard case .input = configuration.audio else { return }
    configuration.audio = .none
    if let audio = facts.description.audio { configuration.takeAudio(audio) }
  }

  func check() throws(MessageError) {
    try configuration.check()
    try MessageError.check(
      "the tracks", count: anchor.published.count, limit: Int(FieldReader.mostTracks))
  }
}

extension StreamConfiguration {
  /// The longest name of a stream, a rendition, an encoder or a preset, in bytes.
  private static let longestName = 256
  /// The longest text of an overlay or a path, in bytes.
  private static let longestText = 1 << 16
  private static let numbers = Int(Int32.min)...Int(Int32.max)

  fileprivate func check() throws(MessageError) {
    try MessageError.check(
      "the number of renditions", renditions.count, in: 1...SessionOrder.mostRenditions)
    for rendition in renditions {
      try MessageError.check("a bitrate", rendition.bitrateKilobits, in: Self.numbers)
    }
    for name in renditions.map(\.name) + [name, encoder, preset] {
      try MessageError.check("a name", name, limit: Self.longestName)
    }
    if case .device(let name) = audio { try MessageError.check("a device", name, limit: 1024) }
    for number in [intraInterval ?? 0, prefill] {
      try MessageError.check("a number", number, in: Self.numbers)
    }
    for text in [overlay?.text, overlay?.font, slate].compactMap(\.self) {
      try MessageError.check("a text", text, limit: Self.longestText)
    }
    if let overlay, Overlay(overlay.text) == nil {
      throw .invalid(field: "an overlay", value: "that cannot be read")
    }
  }
}

extension StreamConfiguration.AudioSource: TextCodable {
  private static let device = "device "

  /// Reads a source; the format of an input's audio is that of its facts.
  package init?(_ text: String) {
    switch text {
    case "none": self = .none
    case "tone": self = .tone
    case "input": self = .input(nil)
    default:
      guard text.hasPrefix(Self.device) else { return nil }
      self = .device(String(text.dropFirst(Self.device.count)))
    }
  }

  /// The kind, and the name of a device.
  package var codedText: String {
    switch self {
    case .none: "none"
    case .tone: "tone"
    case .input: "input"
    case .device(let name): Self.device + name
    }
  }
}
