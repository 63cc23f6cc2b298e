// SPDX-License-Identifier: Apache-2.0

extension Request {
  /// Whether `Accept-Encoding` names `coding` (or `*`) with a weight above zero.
  ///
  /// Without the field only the uncompressed body is sent.
  /// - Source: RFC 9110 §12.5.3
  package func accepts(coding: String) -> Bool {
    guard let value = header("accept-encoding") else { return false }
    var any: Bool?
    for item in value.split(separator: ",") {
      let pieces = item.split(separator: ";").map { trimmed(ArraySlice(Array($0.utf8))) }
      guard let name = pieces.first else { continue }
      let isRefused = pieces.dropFirst().contains { piece in
        let text = String(decoding: piece.map(lowercased), as: UTF8.self)
        return text.hasPrefix("q=0") && text.dropFirst(3).allSatisfy { $0 == "0" || $0 == "." }
      }
      if name.map(lowercased).elementsEqual(coding.utf8) { return !isRefused }
      if name.elementsEqual("*".utf8) { any = !isRefused }
    }
    return any ?? false
  }
}
