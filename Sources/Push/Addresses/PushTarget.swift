// SPDX-License-Identifier: Apache-2.0

import Packaging

/// A receiver, and the tracks of the stream that it gets.
///
/// As text: the address, then words such as `renditions=720p,360p`, `audio=none` and `stopped`.
package struct PushTarget: Sendable, Equatable {
  /// The video that a receiver gets.
  package enum Renditions: Sendable, Equatable {
    /// The top rendition.
    case top
    case all
    case named([String])
  }

  /// The audio that a receiver gets.
  package enum Audio: Sendable, Equatable {
    /// The default track.
    case standard
    case none
    case named(String)
  }

  /// The accepted form, for error texts.
  package static let expected =
    PushAddress.expected + "; then, after spaces, renditions=all or names with commas (RTMP and "
    + "SRT: one), audio=none or a name, and stopped"

  /// The receiver.
  package let address: PushAddress
  /// The video that it gets.
  package private(set) var renditions = Renditions.top
  /// The audio that it gets.
  package private(set) var audio = Audio.standard
  /// Whether nothing is sent until a request starts it.
  package private(set) var isStopped = false

  /// Reads a target; nil for a malformed text.
  package init?(_ text: String) {
    let words = text.split(separator: " ")
    guard let first = words.first, let address = PushAddress(String(first)) else { return nil }
    self.address = address
    for word in words.dropFirst() {
      if word == "stopped" {
        isStopped = true
      } else if let list = Self.value(word, "renditions") {
        let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy(Self.isName), Set(names).count == names.count else { return nil }
        renditions = names == ["all"] ? .all : .named(names)
      } else if let name = Self.value(word, "audio") {
        guard Self.isName(name) else { return nil }
        audio = name == "none" ? .none : .named(name)
      } else {
        return nil
      }
    }
    guard address.kind != .cmaf else { return }
    // Both containers have one video track.
    switch renditions {
    case .all: return nil
    case .named(let names) where names.count != 1: return nil
    default: break
    }
  }

  private static func value(_ word: Substring, _ name: String) -> String? {
    word.hasPrefix(name + "=") ? String(word.dropFirst(name.count + 1)) : nil
  }

  private static func isName(_ name: String) -> Bool { StreamName.isValid(name) }
}
