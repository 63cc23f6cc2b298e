// SPDX-License-Identifier: Apache-2.0

import CExpat
package import Checked

/// A document of XML, read by libexpat, and the work that reading took.
///
/// Accepts any bytes, in time and memory that are linear in their number. A document type is
/// refused where it begins: so no entity is declared, none grows, and no file or address is read.
/// - Source: Extensible Markup Language 1.0, 5th edition, §2, §3, §4.1
package struct XMLDocument: Sendable {
  /// The outermost element.
  package let root: XMLElement
  /// The number of calls by libexpat: starts and ends of elements, and pieces of text.
  package let events: Int
  /// The bytes of names, values and texts that were copied.
  package let copiedBytes: Int

  /// Reads a document of UTF-8; prefixes need no declaration.
  ///
  /// - Parameters:
  ///   - bytes: the document.
  ///   - limits: its bounds.
  /// - Throws: the first fault, with its line and column.
  package init(_ bytes: [UInt8], _ limits: XMLLimits) throws(XMLFault) {
    self = try Self.read(bytes, limits, prefixes: nil)
  }

  /// Checks text that is copied into an element of another document as it is.
  ///
  /// The text stays well-formed there: each prefix is declared, names are of ASCII, and there are
  /// no comments, CDATA sections and processing instructions. Its outermost elements are the
  /// children of ``root``, whose name has no meaning.
  ///
  /// - Parameters:
  ///   - bytes: the text in UTF-8.
  ///   - prefixes: the prefixes that the other document declares.
  ///   - limits: its bounds.
  /// - Throws: the first fault, with its line and column.
  /// - Source: Namespaces in XML 1.0, §3 to §7
  package init(
    content bytes: [UInt8], prefixes: Set<String>, _ limits: XMLLimits
  ) throws(XMLFault) {
    do throws(XMLFault) {
      self = try Self.read(bytes, limits, prefixes: prefixes)
    } catch {
      guard error.line == 1, let column = error.column else { throw error }
      throw XMLFault(
        // bounded: a column of the text is after the start
        error.reason, line: 1, column: max(1, column - Self.start.count), prefix: error.prefix)
    }
  }

  /// The element around a text that is checked.
  private static let start = Array("<a>".utf8), end = Array("</a>".utf8)

  private init(_ builder: XMLTreeBuilder, _ root: XMLElement) {
    self.root = root
    events = builder.events
    copiedBytes = builder.copiedBytes
  }

  private static func read(
    _ bytes: [UInt8], _ limits: XMLLimits, prefixes: Set<String>?
  ) throws(XMLFault) -> XMLDocument {
    guard bytes.count <= limits.bytes else {
      throw XMLFault("the document has more than \(limits.bytes) bytes")
    }
    // libexpat reads UTF-16 whatever encoding it is told.
    guard !bytes.contains(0) else { throw XMLFault("a zero byte: the text is not UTF-8") }
    let bytes = prefixes == nil ? bytes : start + bytes + end
    guard let count = Int32(exactly: bytes.count) else { throw XMLFault("out of memory") }
    guard let parser = unsafe cexpat_parser() else { throw XMLFault("out of memory") }
    defer { unsafe XML_ParserFree(parser) }
    let builder = unsafe XMLTreeBuilder(parser, limits, prefixes: prefixes)
    // libexpat copies the bytes once and scans each once, since they arrive in one piece.
    let isWhole = withExtendedLifetime(builder) {
      unsafe XMLCallbacks.call(builder, of: parser)
      return unsafe bytes.withUnsafeBytes { unsafe cexpat_parse(parser, $0.baseAddress, count) }
        != 0
    }
    if let fault = builder.fault { throw fault }
    guard isWhole, let root = builder.root else {
      let open = unsafe cexpat_is_unfinished(parser) != 0 ? builder.openName : nil
      throw unsafe builder.positioned(
        open.map { "no </\(XMLFault.excerpt($0))>" } ?? String(cString: cexpat_fault(parser)))
    }
    return XMLDocument(builder, root)
  }
}
