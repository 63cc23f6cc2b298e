// SPDX-License-Identifier: Apache-2.0

package import HTTP
package import Net

/// A request of HTTP/1.x whose bytes are sent as they are, also if they are malformed: pure.
package struct EdgeRequest: Sendable, Equatable {
  package let method: String
  /// The request target: path and query, or an absolute address.
  package let target: String
  /// The version after `HTTP/`.
  package let version: String
  package let fields: [HeaderField]
  package let body: String

  /// A request, by default a GET of HTTP/1.1 without a body.
  init(
    _ method: String = "GET", _ target: String, version: String = "1.1", fields: [HeaderField],
    body: String = ""
  ) {
    (self.method, self.target, self.version) = (method, target, version)
    (self.fields, self.body) = (fields, body)
  }

  /// The request of a viewer: a GET with the fields of a plain client.
  init(
    viewer names: EdgeNames, _ target: String, _ further: [HeaderField] = [],
    method: String = "GET"
  ) {
    let fields =
      [HeaderField("Host", names.authority), HeaderField("User-Agent", names.agent)] + further
    self.init(method, target, fields: fields + [HeaderField("Connection", "close")])
  }

  /// The value of the first field with this name.
  package func value(_ name: String) -> String? { fields.first { $0.isNamed(name) }?.value }

  /// The bytes of the request: characters up to U+00FF are one byte, as in the table.
  package var bytes: [UInt8] {
    let lines =
      ["\(method) \(target) HTTP/\(version)"] + fields.map { "\($0.name): \($0.value)" }
    let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    return text.unicodeScalars.map { UInt8(exactly: $0.value) ?? UInt8(ascii: "?") }
  }

  /// The absolute address for reports.
  package func url(at address: WebAddress) -> String {
    if target.hasPrefix("http://") || target.hasPrefix("https://") { return target }
    return "\(address.origin.isSecure ? "https" : "http")://\(address.authority)\(target)"
  }
}
