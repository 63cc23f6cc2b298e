// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// The `styp` box at the start of a segment; alone it is the content of a segment without media.
/// - Source: ISO/IEC 14496-12 §8.16.2; brands: ISO/IEC 23009-1 §6.3.4.2 (msdh), ISO/IEC 23000-19
///   §7.2 (cmfc)
package enum SegmentType {
  static let size = 24

  static func write(to out: inout BoxCursor) {
    out.open(size: size, "styp")
    out.put("msdh")
    out.put32(0)
    out.put("msdh")
    out.put("cmfc")
  }

  /// A `styp` alone: the content of a number without media, which players skip.
  package static let bare = unsafe SharedBytes(count: size) { memory in
    var out = unsafe BoxCursor(memory)
    write(to: &out)
  }
}
