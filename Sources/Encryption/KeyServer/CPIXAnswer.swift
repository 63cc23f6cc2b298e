// SPDX-License-Identifier: Apache-2.0

import Checked
import System
import XML

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
    case vector(Int)
    case scheme(Int)
    case prefix(Int)

    package var description: String {
      switch self {
      case .notCPIX: "the answer is no CPIX document"
      case .noKey: "the CPIX document has no ContentKey"
      case .encrypted:
        "the keys of the CPIX document are encrypted (expected PlainValue, over HTTPS)"
      case .malformed(let index):
        "ContentKey \(index + 1) of the CPIX document has no kid, or no PlainValue of 16 bytes"
      case .vector(let index):
        "explicitIV of ContentKey \(index + 1) of the CPIX document is not Base64 of 16 bytes"
      case .prefix(let index):
        "ContentProtectionData of DRMSystem \(index + 1) of the CPIX document has a name with an "
          + "undeclared prefix (expected xmlns:PREFIX in it)"
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
      let vector = entry["explicitIV"].map { Self.base64($0) ?? [] }
      guard vector?.count ?? 16 == 16 else { throw .vector(index) }
      var signals: [ProtectionSignal] = []
      for (index, system) in systems.enumerated()
      where system["kid"].flatMap(ContentKey.bytes) == kid {
        if let signal = try Self.signal(system, index) { signals.append(signal) }
      }
      guard let made = ContentKey(identifier: kid, key: key, vector: vector, signals: signals)
      else { throw .malformed(index) }
      keys.append(made)
    }
    self.keys = keys
  }

  /// The most bytes of a document.
  static let largest = 262_144
  /// The bounds of a document, and of elements for MPDs.
  private static let limits = XMLLimits(
    bytes: largest, depth: 16, elements: 4096, attributes: 16_384)

  /// Reads a document; nil for a malformed one, or one with a document type.
  static func document(_ bytes: [UInt8]) -> XMLElement? {
    try? XMLDocument(bytes, limits).root
  }

  private static func base64(_ text: String) -> [UInt8]? {
    Base64.decode(text.filter { !$0.isWhitespace })
  }

  /// What a system tells players; nil for a malformed system.
  private static func signal(
    _ system: XMLElement, _ index: Int
  ) throws(Failure) -> ProtectionSignal? {
    guard let identifier = system["systemId"].flatMap(ContentKey.bytes),
      let uuid = ContentKey(identifier: identifier, key: identifier)?.uuid
    else { return nil }
    let box = system.first("PSSH").flatMap { base64($0.text) } ?? []
    let lines = system.all("HLSSignalingData").filter {
      ["media", nil].contains($0["playlist"])
    }
    let attributes = lines.first.flatMap { base64($0.text) }.flatMap(keyAttributes)
    let data = system.first("ContentProtectionData").flatMap { base64($0.text) }
    let content = try data.flatMap { data throws(Failure) in try elements(data, index) }
    return ProtectionSignal(
      system: uuid, box: isBox(box) ? box : [], keyAttributes: attributes,
      content: content)
  }

  /// Elements as they may be copied into an MPD, which declares the prefix `cenc` around them; nil
  /// unless they are well-formed, and at least one.
  ///
  /// - Throws: ``Failure`` for an undeclared prefix, with which the MPD would not be well-formed.
  private static func elements(_ bytes: [UInt8], _ index: Int) throws(Failure) -> String? {
    do throws(XMLFault) {
      let content = try XMLDocument(content: bytes, prefixes: ["cenc"], limits)
      return content.root.children.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    } catch {
      if error.prefix != nil { throw .prefix(index) }
      return nil
    }
  }

  /// Whether bytes are one `pssh` box: nothing else enters a header.
  private static func isBox(_ bytes: [UInt8]) -> Bool {
    // bounded: there are at least 32 bytes
    guard (32...65_536).contains(bytes.count), Array(bytes[4..<8]) == Array("pssh".utf8) else {
      return false
    }
    // bounded: there are at least 32 bytes
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
