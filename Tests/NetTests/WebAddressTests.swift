// SPDX-License-Identifier: Apache-2.0

import Net
import Testing

private struct URLRow: Sendable, CustomTestStringConvertible {
  let text: String
  let host: String?
  var port: UInt16 = 80
  var target = "/"

  var testDescription: String { text }
}

private let rows = [
  URLRow(text: "http://example.org", host: "example.org"),
  URLRow(text: "HTTP://h:8000/a/b?c=d", host: "h", port: 8000, target: "/a/b?c=d"),
  URLRow(text: "http://[2001:db8::1]:81?x", host: "2001:db8::1", port: 81, target: "/?x"),
  URLRow(text: "https://h/x", host: "h", port: 443, target: "/x"),
  URLRow(text: "ftp://h/", host: nil), URLRow(text: "http://", host: nil),
  URLRow(text: "http://h:0/", host: nil), URLRow(text: "http://h:65536/", host: nil),
  URLRow(text: "http://user:word@h/", host: nil), URLRow(text: "http://h/#part", host: nil),
  URLRow(text: "http://h/a b", host: nil), URLRow(text: "http://h/\r\nX: y", host: nil),
  URLRow(text: "http://[::1/", host: nil), URLRow(text: "http://::1/", host: nil),
  URLRow(text: "http://h/" + String(repeating: "a", count: 1024), host: nil),
]

@Suite("Addresses of web servers")
struct WebAddressTests {
  @Test("a URL of a hook has a host, a port and a target", arguments: rows)
  private func url(_ row: URLRow) {
    let address = WebAddress(row.text)
    #expect(address?.origin.host == row.host)
    guard let address else { return }
    #expect(address.origin.port == row.port && address.target == row.target)
  }
}
