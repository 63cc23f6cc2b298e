// SPDX-License-Identifier: Apache-2.0

/// What a track states about itself for people: the boxes of `udta` in a `trak`.
///
/// A malformed or unknown box is left out, since a track can be played without it.
/// - Source: ISO/IEC 14496-12 §8.10.1, §8.10.4; QuickTime File Format, "User Data Atoms"
package struct TrackUserData: Sendable, Equatable {
  /// A role of a track: `kind`.
  package struct Kind: Sendable, Equatable {
    /// The URI of the scheme.
    package let scheme: String
    /// The value in the scheme; empty if the scheme needs none.
    package let value: String
  }

  /// The most roles that are read.
  private static let maximumKinds = 8

  /// The name for people: `name`; nil without the box.
  package private(set) var name: String?
  /// The roles.
  package private(set) var kinds: [Kind] = []

  /// The user data of a `trak`.
  init(of track: BoxFields) {
    guard let data = try? track.first("udta") else { return }
    var reader = data.boxes
    // User data of QuickTime ends with a number instead of a box.
    while let box = try? reader.next() {
      switch box.type {
      case "kind" where kinds.count < Self.maximumKinds:
        if let kind = Self.kind(box) { kinds.append(kind) }
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
