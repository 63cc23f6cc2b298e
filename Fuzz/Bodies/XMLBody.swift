// SPDX-License-Identifier: Apache-2.0

import Checked
import Validation
import XML

extension FuzzBody {
  /// Documents of XML, text for an MPD, and MPDs.
  ///
  /// The first byte chooses. The work of reading and the size of its result are at most the bytes
  /// that were read, a fault is short, and a text for an MPD is well-formed within one.
  static let xml = FuzzBody(
    name: "xml",
    sources: [
      "XML/XMLDocument.swift", "XML/XMLTreeBuilder.swift", "XML/XMLCallbacks.swift",
      "XML/XMLNames.swift", "XML/XMLFault.swift", "Validation/Manifests/TimelineSegments.swift",
    ]
  ) { bytes in
    guard let first = bytes.first else { return nil }
    let rest = Array(bytes.dropFirst())
    switch first {
    case UInt8(ascii: "c"): return content(rest)
    case UInt8(ascii: "m"):
      _ = try? Manifest(String(decoding: rest, as: UTF8.self), now: 1_700_000_000)
      return nil
    default: return document(rest)
    }
  }

  private static let limits = XMLLimits(bytes: 4096, depth: 16, elements: 256, attributes: 256)

  private static func document(_ bytes: [UInt8]) -> String? {
    do throws(XMLFault) {
      let document = try XMLDocument(bytes, limits)
      guard document.events <= bytes.count else { return "\(document.events) events" }
      guard document.copiedBytes <= bytes.count else { return "\(document.copiedBytes) bytes" }
      let elements = document.root.descendants
      guard elements.count <= limits.elements else { return "\(elements.count) elements" }
      return elements.contains { $0.name.isEmpty } ? "an element without a name" : nil
    } catch {
      return "\(error)".utf8.count < 200 ? nil : "a fault of \("\(error)".utf8.count) bytes"
    }
  }

  private static func content(_ bytes: [UInt8]) -> String? {
    guard (try? XMLDocument(content: bytes, prefixes: ["cenc"], limits)) != nil else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    if text.contains("<!") || text.contains("<?") { return "a comment in the MPD" }
    let around = XMLLimits(bytes: 8192, depth: 17, elements: 257, attributes: 257)
    let whole = Array("<MPD xmlns:cenc='urn:mpeg:cenc:2013'>\(text)</MPD>".utf8)
    return (try? XMLDocument(whole, around)) == nil ? "the MPD is not well-formed" : nil
  }
}
