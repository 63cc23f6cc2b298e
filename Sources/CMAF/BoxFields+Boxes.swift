// SPDX-License-Identifier: Apache-2.0

import Checked

extension BoxFields {
  /// The boxes in the bytes that are not read yet.
  package var boxes: BoxReader { BoxReader(cursor.bytes, cursor.rest) }

  /// The first box of a type among ``boxes``.
  ///
  /// - Throws: ``BoxError`` if there is none, or bytes before it are not boxes.
  package func first(_ type: String) throws(BoxError) -> BoxFields {
    var reader = boxes
    while let box = try reader.next() {
      if box.type == type { return box }
    }
    throw .missing(type)
  }

  /// The box of a type that occurs at most once among ``boxes``.
  ///
  /// - Throws: ``BoxError`` if there are several, or the bytes are not boxes.
  package func optional(_ type: String) throws(BoxError) -> BoxFields? {
    var reader = boxes
    var found: BoxFields?
    while let box = try reader.next() {
      guard box.type == type else { continue }
      guard found == nil else { throw .several(type) }
      found = box
    }
    return found
  }

  /// The box of a type that occurs once among ``boxes``.
  ///
  /// - Throws: ``BoxError`` if there are none or several, or the bytes are not boxes.
  package func only(_ type: String) throws(BoxError) -> BoxFields {
    guard let box = try optional(type) else { throw .missing(type) }
    return box
  }
}
