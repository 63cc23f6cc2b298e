// SPDX-License-Identifier: Apache-2.0

import Checked

/// An XML document, written element by element.
struct XMLText {
  /// Attributes in their printed order; attributes without a value are left out.
  typealias Attributes = [(String, String?)]

  private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
  private var depth = 0

  init() { text.reserveCapacity(4096) }

  /// Writes an element without content.
  mutating func element(_ name: String, _ attributes: Attributes = []) {
    begin(name, attributes)
    text += "/>\n"
  }

  /// Writes a descriptor: a value of a scheme (ISO/IEC 23009-1 §5.8.2).
  mutating func descriptor(_ name: String, _ scheme: String, _ value: String?) {
    element(name, [("schemeIdUri", scheme), ("value", value)])
  }

  /// Writes an element that contains text.
  mutating func element(_ name: String, _ attributes: Attributes = [], containing content: String) {
    begin(name, attributes)
    text += ">\(XMLElement.escaped(content))</\(name)>\n"
  }

  /// Writes elements as they are; ``ProtectionSignal/content`` is checked when it is read.
  mutating func raw(_ elements: String) { text += elements + "\n" }

  /// Writes an element that contains other elements.
  mutating func element(
    _ name: String, _ attributes: Attributes, around children: (inout XMLText) -> Void
  ) {
    begin(name, attributes)
    text += ">\n"
    depth += 1
    children(&self)
    depth -= 1
    indent()
    text += "</\(name)>\n"
  }

  private mutating func begin(_ name: String, _ attributes: Attributes) {
    indent()
    text += "<\(name)"
    for case (let attribute, let value?) in attributes {
      text += " \(attribute)=\"\(XMLElement.escaped(value))\""
    }
  }

  private mutating func indent() { for _ in 0..<depth { text += "  " } }
}
