// SPDX-License-Identifier: Apache-2.0

import Checked

/// The names of an XML document with their prefixes.
///
/// - Source: Namespaces in XML 1.0, §3 to §7
enum XMLNames {
  /// The namespaces that no document may declare.
  private static let reserved = [
    "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/",
  ]

  /// The prefix that an attribute declares, empty for the default namespace; nil for other
  /// attributes.
  static func declared(_ attribute: String) -> Substring? {
    if attribute == "xmlns" { return "" }
    return attribute.hasPrefix("xmlns:") ? attribute.dropFirst(6) : nil
  }

  /// A name without its prefix.
  static func local(_ name: String) -> String {
    guard let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")) else { return name }
    let local = name.suffix(from: colon).dropFirst()
    return local.isEmpty ? name : String(local)
  }

  /// The prefixes in an element, with those of the elements around it.
  ///
  /// - Parameters:
  ///   - tag: the name of the element.
  ///   - attributes: the names and values of its attributes and declarations.
  ///   - outer: the prefixes around it.
  /// - Returns: the prefixes.
  /// - Throws: a fault without a position for a name with an undeclared prefix, or one that is no
  ///   name of ASCII, and for a declaration that is not permitted.
  static func prefixes(
    of tag: String, _ attributes: [(name: String, value: String)], within outer: Set<String>
  ) throws(XMLFault) -> Set<String> {
    var prefixes = outer
    for (name, value) in attributes {
      guard let prefix = declared(name) else { continue }
      guard !reserved.contains(value), prefix.isEmpty || !value.isEmpty && isSimple(prefix),
        !["xml", "xmlns"].contains(prefix)
      else { throw XMLFault("a declaration of a namespace that is not permitted") }
      prefixes.insert(String(prefix))
    }
    for name in [tag] + attributes.map(\.name).filter({ declared($0) == nil }) {
      let parts = name.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2, parts.allSatisfy(isSimple) else {
        throw XMLFault("a name that is none")
      }
      guard parts.count == 2, let prefix = parts.first.map(String.init), prefix != "xml" else {
        continue
      }
      guard prefix != "xmlns", prefixes.contains(prefix) else {
        throw XMLFault("an undeclared prefix", prefix: prefix)
      }
    }
    return prefixes
  }

  /// Whether a text is a name of ASCII without a prefix.
  private static func isSimple(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "."),
      !(0x30...0x39).contains(first)
    else { return false }
    return NameCharacters.isMade(text, with: "._-")
  }
}
