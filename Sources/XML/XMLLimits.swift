// SPDX-License-Identifier: Apache-2.0

/// The bounds of a document of XML.
package struct XMLLimits: Sendable, Equatable {
  /// The most bytes of a document.
  package let bytes: Int
  /// The most levels of elements.
  package let depth: Int
  /// The most elements.
  package let elements: Int
  /// The most attributes of all elements together.
  package let attributes: Int

  /// Bounds that are above 0.
  package init(bytes: Int, depth: Int, elements: Int, attributes: Int) {
    self.bytes = bytes
    self.depth = depth
    self.elements = elements
    self.attributes = attributes
  }
}
