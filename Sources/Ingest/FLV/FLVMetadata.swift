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

  /// Reads a data message; nil if it declares neither languages nor a rotation.
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
    guard !languages.isEmpty || rotation != nil else { return nil }
  }

  /// These declarations, and those of `newer` instead of earlier ones of the same kind.
  func updated(by newer: FLVMetadata) -> FLVMetadata {
    var result = newer
    if newer.languages.isEmpty { result.languages = languages }
    switch (rotation, newer.rotation) {
    // A refused rotation has no effect.
    case (.quarterTurns?, .refused?), (_, nil): result.rotation = rotation
    default: break
    }
    return result
  }

  // MARK: Tags

  private static let (noRotation, refusedRotation) = (4, 5)

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
    return MediaTag(kind: .metadata, timestamp: 0, payload: head + languages.bytes)
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
