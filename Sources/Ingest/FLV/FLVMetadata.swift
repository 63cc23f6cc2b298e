// SPDX-License-Identifier: Apache-2.0

import Checked

/// The declarations of a publisher by RTMP in onMetaData.
package struct FLVMetadata: Sendable, Equatable {
  /// The rotation of the video for display, clockwise.
  package enum Rotation: Sendable, Equatable {
    /// Quarter turns, 0 to 3.
    case quarterTurns(Int)
    /// A value that is no rotation by quarter turns, as text.
    case refused(String)
  }

  /// The languages of the audio tracks.
  package private(set) var languages = FLVAudioLanguages()
  /// The rotation; nil if none is declared.
  package private(set) var rotation: Rotation?
  /// Frames in 1,000 seconds, at least 1; nil if no usable rate is declared.
  ///
  /// Many encoders declare the rate that was asked of them, and send another one.
  /// - Source: Adobe Flash Video File Format 10.1, E.5: `framerate`
  package private(set) var millihertz: Int?

  /// Reads a data message; nil if it declares neither languages nor a rotation nor a frame rate.
  ///
  /// - Parameters:
  ///   - message: its content.
  ///   - isAMF3: whether the message has the type of AMF 3.
  package init?(message: [UInt8], isAMF3: Bool) {
    var reader = AMF0Reader(message, from: isAMF3 && message.first == 0 ? 1 : 0)
    guard let values = try? reader.rest(),
      values.prefix(2).contains(where: { $0.text == "onMetaData" }), let content = values.last
    else { return nil }
    languages = FLVAudioLanguages(content)
    rotation = Rotation(content)
    millihertz = content["framerate"]?.number.flatMap { Self.millihertz($0) }
    guard !languages.isEmpty || rotation != nil || millihertz != nil else { return nil }
  }

  /// Frames in 1,000 seconds; nil for a rate outside of 0.001 to 1,000 frames per second.
  private static func millihertz(_ rate: Double) -> Int? {
    // bounded: floating
    Int(exactly: (rate * 1000).rounded()).flatMap { (1...1_000_000).contains($0) ? $0 : nil }
  }

  /// These declarations, and those of `newer` instead of earlier ones of the same kind.
  func updated(by newer: FLVMetadata) -> FLVMetadata {
    var result = newer
    if newer.languages.isEmpty { result.languages = languages }
    result.millihertz = newer.millihertz ?? millihertz
    switch (rotation, newer.rotation) {
    // A refused rotation has no effect.
    case (.quarterTurns?, .refused?), (_, nil): result.rotation = rotation
    default: break
    }
    return result
  }

  // MARK: Tags

  private static let (noRotation, refusedRotation) = (4, 5)
  private static let rateBytes = 4

  /// The declarations as a tag of the stream from publishers to their source.
  package var tag: MediaTag {
    let head: [UInt8] =
      switch rotation {
      case nil: [UInt8(Self.noRotation)]
      case .quarterTurns(let turns): [UInt8(clamping: turns)]
      case .refused(let text):
        [UInt8(Self.refusedRotation), UInt8(clamping: text.utf8.count)]
          + Array(text.utf8)
      }
    let rate = (millihertz ?? 0).bigEndianBytes(Self.rateBytes)
    return MediaTag(kind: .metadata, timestamp: 0, payload: head + rate + languages.bytes)
  }

  /// Reads a tag; nil if it is another one, or malformed.
  package init?(_ tag: MediaTag) {
    var cursor = ByteCursor(tag.payload)
    guard tag.kind == .metadata, let code = cursor.integer(1) else { return nil }
    switch code {
    case 0..<Self.noRotation: rotation = .quarterTurns(code)
    case Self.noRotation: break
    case Self.refusedRotation:
      guard let count = cursor.integer(1), let range = cursor.take(count) else { return nil }
      // bounded: the cursor is within the bytes
      rotation = .refused(String(decoding: tag.payload[range], as: UTF8.self))
    default: return nil
    }
    guard let rate = cursor.integer(Self.rateBytes) else { return nil }
    millihertz = (1...1_000_000).contains(rate) ? rate : nil
    languages = FLVAudioLanguages(&cursor)
  }
}

extension FLVMetadata.Rotation {
  /// The most characters of a refused value.
  private static let maximumText = 32

  /// The rotation in the content of onMetaData; nil if there is none.
  ///
  /// No specification has these names. `rotation` is in degrees. `orientation` is in degrees, as
  /// that of Red5 Pro, or in quarter turns, as that of Flashphoner; other servers have words in it.
  init?(_ metadata: AMF0Value) {
    switch (metadata["rotation"], metadata["orientation"]) {
    case (.number(let degrees)?, _): self = Self(degrees: degrees)
    case (.string(let text)?, _):
      let start = text.unicodeScalars.prefix(Self.maximumText)
      self = Double(text).map { Self(degrees: $0) } ?? .refused(String(start))
    case (_, .number(let turns)?) where turns == 1 || turns == 2 || turns == 3:
      self = .quarterTurns(Int(turns))
    case (_, .number(let degrees)?): self = Self(degrees: degrees)
    default: return nil
    }
  }

  private init(degrees: Double) {
    // bounded: floating
    if let turns = Int(exactly: degrees / 90) {
      self = .quarterTurns(turns & 3)
    } else {
      self = .refused("\(degrees)")
    }
  }
}
