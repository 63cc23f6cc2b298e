// SPDX-License-Identifier: Apache-2.0

/// An element of an XML document, without the prefixes of names.
package struct XMLElement: Sendable, Equatable {
  /// The name without its prefix.
  package let name: String
  /// The values of attributes by their names without prefixes.
  package let attributes: [String: String]
  /// The elements directly in the element, in their order.
  package let children: [XMLElement]
  /// The text directly in the element, without white space around it.
  package let text: String

  /// An element with this content.
  package init(
    name: String, attributes: [String: String] = [:], children: [XMLElement] = [],
    text: String = ""
  ) {
    self.name = name
    self.attributes = attributes
    self.children = children
    self.text = text
  }

  /// The value of an attribute.
  package subscript(attribute: String) -> String? { attributes[attribute] }

  /// The children with this name.
  package func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  /// The first child with this name.
  package func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// The element at a path of names below this one; nil if there is none.
  package func at(_ path: String...) -> XMLElement? {
    path.reduce(self as XMLElement?) { $0?.first($1) }
  }

  /// The element itself and all below it, in the order of the document.
  package var descendants: [XMLElement] {
    var found: [XMLElement] = []
    addDescendants(to: &found)
    return found
  }

  private func addDescendants(to found: inout [XMLElement]) {
    found.append(self)
    for child in children { child.addDescendants(to: &found) }
  }

  /// `value` with references for XML's special characters; it may be chosen by a client.
  package static func escaped(_ value: String) -> String {
    guard value.utf8.contains(where: { "&<>\"'".utf8.contains($0) || $0 < 0x20 }) else {
      return value
    }
    return value.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&apos;"
      case _ where scalar.value < 0x20: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}
