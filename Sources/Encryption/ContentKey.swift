// SPDX-License-Identifier: Apache-2.0

import Checked
import System

/// A key of media with its public properties.
///
/// Neither `description` nor mirrors show the key.
/// - Source: ISO/IEC 23001-7 §10.4 (cbcs: AES-128 in CBC mode with a constant IV)
package struct ContentKey: Sendable, CustomStringConvertible, CustomReflectable {
  /// The KID: 16 bytes.
  package let identifier: [UInt8]
  /// The constant IV: 16 bytes.
  package let vector: [UInt8]
  /// The key: 16 bytes.
  package let secret: SecretBytes
  /// What licence systems tell players of the key.
  package let signals: [ProtectionSignal]

  /// A key; nil unless each text of bytes has 16.
  ///
  /// - Parameters:
  ///   - identifier: the KID.
  ///   - key: the key.
  ///   - vector: the constant IV; nil for the KID, which is as public as an IV in a header.
  ///   - signals: what licence systems tell players.
  package init?(
    identifier: [UInt8], key: [UInt8], vector: [UInt8]? = nil, signals: [ProtectionSignal] = []
  ) {
    let secret = SecretBytes(key)
    guard identifier.count == 16, key.count == 16, secret.count == 16,
      (vector ?? identifier).count == 16
    else { return nil }
    self.identifier = identifier
    self.vector = vector ?? identifier
    self.secret = secret
    self.signals = signals
  }

  /// The KID as a UUID in lower case, as MPDs have it.
  package var uuid: String { Self.uuid(identifier) }

  /// A KID as a UUID in lower case; one that has not 16 bytes, without hyphens.
  package static func uuid(_ identifier: [UInt8]) -> String {
    let text = Array(hexadecimal(identifier))
    guard text.count == 32 else { return String(text) }
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(text[$0]) }
      .joined(separator: "-")
  }

  package var description: String { "key \(uuid)" }
  package var customMirror: Mirror { Mirror(self, children: ["uuid": uuid]) }

  /// The 16 bytes of hexadecimal digits, which may have the hyphens of a UUID; nil for other texts.
  package static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.utf8.lazy.filter { $0 != UInt8(ascii: "-") }
    return hexadecimalBytes(digits).flatMap { $0.count == 16 ? $0 : nil }
  }
}

/// What a licence system tells players of a key, in headers and in playlists; never read here.
package struct ProtectionSignal: Sendable, Equatable {
  /// The UUID of the system, in lower case.
  package let system: String
  /// A whole `pssh` box; empty for none.
  package let box: [UInt8]
  /// The attributes of EXT-X-KEY after METHOD, such as `URI="skd://1",KEYFORMAT="…"`; nil for none.
  package let keyAttributes: String?
  /// The content of the ContentProtection of an MPD, as XML; nil for a `cenc:pssh` of ``box``.
  package let content: String?

  /// The signal of a system.
  package init(system: String, box: [UInt8], keyAttributes: String?, content: String? = nil) {
    self.system = system
    self.box = box
    self.keyAttributes = keyAttributes
    self.content = content
  }

  /// ``box`` in Base64, as MPDs have it.
  package var boxText: String { Base64.encode(box) }
}
