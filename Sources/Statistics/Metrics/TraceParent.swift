// SPDX-License-Identifier: Apache-2.0

/// The trace to which a request belongs, as the client or a proxy states it.
///
/// - Source: W3C Trace Context §3.2
struct TraceParent: Equatable {
  /// 32 hexadecimal digits.
  let trace: Substring
  /// The part of the trace that sent the request: 16 hexadecimal digits.
  let span: Substring

  /// The value of `traceparent`; nil for any other text.
  init?(_ text: String) {
    let fields = text.split(separator: "-", omittingEmptySubsequences: false)
    // Versions above 00 may append fields; version ff is none.
    guard fields.count == 4 || (fields.count > 4 && fields[0] != "00"),
      Self.isHexadecimal(fields[0], 2), fields[0] != "ff", Self.isHexadecimal(fields[1], 32),
      Self.isHexadecimal(fields[2], 16), Self.isHexadecimal(fields[3], 2),
      fields[1].contains(where: { $0 != "0" }), fields[2].contains(where: { $0 != "0" })
    else { return nil }
    (trace, span) = (fields[1], fields[2])
  }

  private static func isHexadecimal(_ text: Substring, _ count: Int) -> Bool {
    text.utf8.count == count
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
