// SPDX-License-Identifier: Apache-2.0

import CExpat
import Checked

/// Builds the elements of one document within bounds, as libexpat finds them.
///
/// Confined to one thread. After a fault the parser is stopped, and further calls have no effect.
@safe
final class XMLTreeBuilder {
  /// An element whose end was not found.
  private struct Open {
    let tag: String
    let attributes: [String: String]
    /// The prefixes in the element; nil if prefixes are not checked.
    let prefixes: Set<String>?
    var children: [XMLElement] = []
    var text: [UInt8] = []
  }

  private let parser: OpaquePointer
  private let limits: XMLLimits
  private let outerPrefixes: Set<String>?
  /// The elements around the current position, the outermost first; at most ``XMLLimits/depth``.
  private var open: [Open] = []
  private var elements = 0
  private var attributes = 0
  /// The first fault; nil without one.
  private(set) var fault: XMLFault?
  /// The outermost element; nil before its end.
  private(set) var root: XMLElement?
  /// See ``XMLDocument/events`` and ``XMLDocument/copiedBytes``.
  private(set) var events = 0, copiedBytes = 0

  /// A builder without elements.
  ///
  /// - Parameters:
  ///   - parser: the parser, which must outlive the builder.
  ///   - limits: the bounds of the document.
  ///   - prefixes: the prefixes that are declared around the document; nil if prefixes are not
  ///     checked.
  init(_ parser: OpaquePointer, _ limits: XMLLimits, prefixes: Set<String>?) {
    unsafe self.parser = parser
    self.limits = limits
    outerPrefixes = prefixes
  }

  /// Whether the document is text that is copied into another one.
  var isContent: Bool { outerPrefixes != nil }

  /// The most attributes of the next element, and one that is refused.
  // bounded: attributes are counted up to the limit and one element more
  var most: Int { max(0, limits.attributes - attributes) + 1 }

  /// The name of the innermost element that has no end; nil if there is none.
  var openName: String? { open.last?.tag }

  /// An element starts.
  func start(_ tag: String, _ pairs: [(name: String, value: String)]) {
    guard fault == nil else { return }
    events += 1  // bounded: one per byte of the document at most
    elements += 1
    attributes += pairs.count
    // bounded: at most one element is around the text that is checked
    let around = isContent ? 1 : 0
    guard open.count - around < limits.depth else {
      return fail("more than \(limits.depth) levels")
    }
    guard elements - around <= limits.elements else {
      return fail("more than \(limits.elements) elements")
    }
    guard attributes <= limits.attributes else {
      return fail("more than \(limits.attributes) attributes")
    }
    var values: [String: String] = [:]
    copiedBytes += tag.utf8.count
    for (name, value) in pairs {
      copiedBytes += name.utf8.count + value.utf8.count
      guard XMLNames.declared(name) == nil else { continue }
      let local = XMLNames.local(name)
      // Of names that differ in their prefixes, the one without a prefix is meant.
      if local == name || values[local] == nil { values[local] = value }
    }
    do throws(XMLFault) {
      let outer = open.last.map(\.prefixes) ?? outerPrefixes
      let prefixes = try outer.map { outer throws(XMLFault) in
        try XMLNames.prefixes(of: tag, pairs, within: outer)
      }
      open.append(Open(tag: tag, attributes: values, prefixes: prefixes))
    } catch { fail(error.reason, prefix: error.prefix) }
  }

  /// The innermost element ends.
  func end() {
    guard fault == nil, let ended = open.popLast() else { return }
    events += 1
    let element = XMLElement(
      name: XMLNames.local(ended.tag), attributes: ended.attributes, children: ended.children,
      text: String(decoding: ended.text, as: UTF8.self).trimmed)
    guard let last = open.indices.last else { return root = element }
    open[last].children.append(element)
  }

  /// A piece of the text of the innermost element.
  func add(_ text: UnsafeRawBufferPointer) {
    guard fault == nil, let last = open.indices.last else { return }
    events += 1
    copiedBytes += text.count
    unsafe open[last].text.append(contentsOf: text)
  }

  /// Refuses the document at the current position.
  func fail(_ reason: String, prefix: String? = nil) {
    guard fault == nil else { return }
    fault = positioned(reason, prefix: prefix)
    unsafe cexpat_stop(parser)
  }

  /// A fault at the current position.
  func positioned(_ reason: String, prefix: String? = nil) -> XMLFault {
    let line = unsafe XML_GetCurrentLineNumber(parser)
    let column = unsafe XML_GetCurrentColumnNumber(parser)
    // bounded: a document has at most 2^31 columns
    return XMLFault(
      reason, line: Int(clamping: line), column: Int(clamping: column) + 1, prefix: prefix)
  }
}
