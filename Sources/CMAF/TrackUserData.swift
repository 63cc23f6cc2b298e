// SPDX-License-Identifier: Apache-2.0

package import Media

/// The words of a track about itself, for people: the boxes of `udta` in a `trak`.
///
/// A malformed or unknown box is left out, since a track can be played without it.
/// - Source: ISO/IEC 14496-12 §8.10.1, §8.10.4, §8.10.5; QuickTime File Format, "User Data Atoms"
package struct TrackUserData: Sendable, Equatable {
  /// A role of a track: `kind`.
  package struct Kind: Sendable, Equatable {
    /// The URI of the scheme.
    package let scheme: String
    /// The value in the scheme; empty if the scheme needs none.
    package let value: String
  }

  /// A text for people: `labl`.
  package struct Label: Sendable, Equatable {
    /// The language of the text, as BCP 47.
    package let language: Language
    /// The text.
    package let text: String
  }

  /// The most roles that are read, and the most labels.
  private static let maximumKinds = 8
  private static let maximumLabels = 32
  /// The flag of labels that describe a group of tracks.
  private static let isGroupLabel = 1

  /// The name for people: `name`; nil without the box.
  package private(set) var name: String?
  /// The roles.
  package private(set) var kinds: [Kind] = []
  /// The labels of the track; those of a group of tracks are left out.
  package private(set) var labels: [Label] = []
  /// Whether a `labl` is malformed, and was left out.
  package private(set) var hasMalformedLabel = false

  /// The audience of audio by the first role that states one.
  package var purpose: AudioPurpose {
    kinds.lazy.compactMap { kind in
      AudioPurpose.allCases.first { purpose in
        switch kind.scheme {
        case AudioPurpose.roleScheme: purpose.role == kind.value
        case AudioPurpose.accessibilityScheme: purpose.accessibility == kind.value
        default: false
        }
      }
    }.first ?? .main
  }

  /// The user data of a `trak`.
  init(of track: BoxFields) {
    guard let data = try? track.first("udta") else { return }
    var reader = data.boxes
    // User data of QuickTime ends with a number instead of a box.
    while let box = try? reader.next() {
      switch box.type {
      case "kind" where kinds.count < Self.maximumKinds:
        if let kind = Self.kind(box) { kinds.append(kind) }
      case "labl" where labels.count < Self.maximumLabels: addLabel(box)
      case "name":
        let text = Self.text(box.rest[...])
        if !text.isEmpty { name = text }
      default: break
      }
    }
  }

  /// The tag of BCP 47 in the `elng` of a `mdia`; nil without one.
  /// - Source: ISO/IEC 14496-12 §8.4.6
  static func extendedLanguage(of media: BoxFields) -> String? {
    guard var box = try? media.first("elng"), (try? box.skip(4)) != nil else { return nil }
    let text = text(box.rest[...])
    return text.isEmpty ? nil : text
  }

  /// The label in this language, or else the first one; nil without labels.
  package func label(in language: Language) -> String? {
    (labels.first { $0.language == language } ?? labels.first)?.text
  }

  private mutating func addLabel(_ box: BoxFields) {
    var box = box
    guard let head = try? box.versionAndFlags(), head.version == 0, (try? box.skip(2)) != nil,
      let (language, after) = Self.terminated(box.rest[...]),
      let (text, _) = Self.terminated(after), !text.isEmpty
    else {
      hasMalformedLabel = true
      return
    }
    guard head.flags & Self.isGroupLabel == 0 else { return }
    labels.append(Label(language: Language(language), text: text))
  }

  /// The text before a zero byte, which must be there, and the bytes after it; nil if the text is
  /// not UTF-8.
  private static func terminated(_ bytes: ArraySlice<UInt8>) -> (String, ArraySlice<UInt8>)? {
    guard let end = bytes.firstIndex(of: 0),
      // bounded: the byte at `end` is the zero
      let text = String(validating: bytes[..<end], as: UTF8.self)
    else { return nil }
    // bounded: the byte at `end` is the zero
    return (text, bytes[(end + 1)...])
  }

  private static func kind(_ box: BoxFields) -> Kind? {
    var box = box
    guard (try? box.skip(4)) != nil else { return nil }
    let bytes = box.rest
    guard let end = bytes.firstIndex(of: 0) else { return nil }
    // bounded: the byte at `end` is the zero
    return Kind(scheme: text(bytes[..<end]), value: text(bytes[(end + 1)...]))
  }

  /// The text before the first zero byte.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
