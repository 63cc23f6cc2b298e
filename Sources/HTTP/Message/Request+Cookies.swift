// SPDX-License-Identifier: Apache-2.0

extension Request {
  /// The values of the cookies with this name, as they were sent.
  ///
  /// HTTP/2 may send each cookie in a field of its own.
  /// - Source: RFC 6265 §4.2.1; RFC 9113 §8.2.3
  package func cookies(_ name: String) -> [String] {
    guard let field = header("cookie") else { return [] }
    return field.split { $0 == ";" || $0 == "," }.compactMap { pair in
      let pair = pair.drop { $0 == " " }
      guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { return nil }
      return String(pair[equals...].dropFirst())
    }
  }
}
