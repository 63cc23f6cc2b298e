// SPDX-License-Identifier: Apache-2.0

import Checked
import System

/// The keys in a CPIX document, with what licence systems tell players.
///
/// Accepts any bytes. Keys are in the clear: the transport protects them.
/// - Source: DASH-IF, Content Protection Information Exchange Format (CPIX) 2.3 §5; AWS, Secure
///   Packager and Encoder Key Exchange (SPEKE) v2
package struct CPIXAnswer: Sendable {
  /// The keys in the order of the document.
  package let keys: [ContentKey]

  /// Why a document has no keys; no text of it is repeated.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    case notCPIX
    case noKey
    case encrypted
    case malformed(Int)
    case scheme(Int)

    package var description: String {
      switch self {
      case .notCPIX: "the answer is no CPIX document"
      case .noKey: "the CPIX document has no ContentKey"
      case .encrypted:
        "the keys of the CPIX document are encrypted (expected PlainValue, over HTTPS)"
      case .malformed(let index):
        "ContentKey \(index + 1) of the CPIX document has no kid, or no PlainValue of 16 bytes"
      case .scheme(let index):
        "ContentKey \(index + 1) of the CPIX document has another scheme (expected cbcs)"
      }
    }
  }

  private static let maximumKeys = 64

  /// Reads a document.
  ///
  /// - Throws: ``Failure`` for the first fault.
  package init(_ bytes: [UInt8]) throws(Failure) {
    guard let root = Self.document(bytes), root.name == "CPIX" else { throw .notCPIX }
    let entries = root.first("ContentKeyList")?.all("ContentKey") ?? []
    guard !entries.isEmpty, entries.count <= Self.maximumKeys else { throw .noKey }
    let systems = root.first("DRMSystemList")?.all("DRMSystem") ?? []
    var keys: [ContentKey] = []
    for (index, entry) in entries.enumerated() {
      guard [nil, "cbcs"].contains(entry["commonEncryptionScheme"]) else {
        throw .scheme(index)
      }
      let secret = entry.at("Data", "Secret")
      if secret?.first("EncryptedValue") != nil { throw .encrypted }
      guard let kid = entry["kid"].flatMap(ContentKey.bytes),
        let key = secret?.first("PlainValue").flatMap({ Self.base64($0.text) })
      else { throw .malformed(index) }
      let vector = entry["explicitIV"].flatMap(Self.base64)
      let own = systems.filter { $0["kid"].flatMap(ContentKey.bytes) == kid }
      guard
        let made = ContentKey(
          identifier: kid, key: key, vector: vector, signals: own.compactMap(Self.signal))
      else { throw .malformed(index) }
      keys.append(made)
    }
    self.keys = keys
  }

  /// The most bytes of a document.
  static let largest = 262_144

  /// Reads a document; nil for a malformed one, or one with a document type.
  static func document(_ bytes: [UInt8]) -> XMLElement? {
    guard bytes.count <= largest else { return nil }
    return try? XMLElement.document(bytes, depth: 16, elements: 4096)
  }

  private static func base64(_ text: String) -> [UInt8]? {
    Base64.decode(text.filter { !$0.isWhitespace })
  }

  /// What a system tells players; nil for a malformed system.
  private static func signal(_ system: XMLElement) -> ProtectionSignal? {
    guard let identifier = system["systemId"].flatMap(ContentKey.bytes),
      let uuid = ContentKey(identifier: identifier, key: identifier)?.uuid
    else { return nil }
    let box = system.first("PSSH").flatMap { base64($0.text) } ?? []
    let lines = system.all("HLSSignalingData").filter {
      ["media", nil].contains($0["playlist"])
    }
    let attributes = lines.first.flatMap { base64($0.text) }.flatMap(keyAttributes)
    let content = system.first("ContentProtectionData").flatMap { base64($0.text) }
    return ProtectionSignal(
      system: uuid, box: isBox(box) ? box : [], keyAttributes: attributes,
      content: content.flatMap(elements))
  }

  /// Elements as they may be copied into an MPD; nil unless they are XML without declarations.
  private static func elements(_ bytes: [UInt8]) -> String? {
    let isWhole = document(Array("<a>".utf8) + bytes + Array("</a>".utf8)) != nil
    let text = String(decoding: bytes, as: UTF8.self)
    return isWhole && !text.contains("<?") && !text.isEmpty ? text : nil
  }

  /// Whether bytes are one `pssh` box: nothing else enters a header.
  private static func isBox(_ bytes: [UInt8]) -> Bool {
    guard (32...65_536).contains(bytes.count), Array(bytes[4..<8]) == Array("pssh".utf8) else {
      return false
    }
    return bytes[..<4].reduce(0) { $0 << 8 | Int($1) } == bytes.count
  }

  /// The attributes of an EXT-X-KEY line after METHOD: `URI="skd://…",KEYFORMAT="…"`; nil unless
  /// they are one line.
  private static func keyAttributes(_ bytes: [UInt8]) -> String? {
    guard var text = String(validating: bytes, as: UTF8.self), text.utf8.count <= 65_536 else {
      return nil
    }
    while text.last?.isWhitespace == true { text.removeLast() }
    let prefix = "#EXT-X-KEY:"
    if text.hasPrefix(prefix) { text.removeFirst(prefix.count) }
    let method = "METHOD=SAMPLE-AES,"
    if text.hasPrefix(method) { text.removeFirst(method.count) }
    let isLine = text.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) }
    return isLine && text.contains("KEYFORMAT=") && text.contains("URI=") ? text : nil
  }
}
