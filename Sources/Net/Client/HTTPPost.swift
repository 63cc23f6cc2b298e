// SPDX-License-Identifier: Apache-2.0

package import Time

/// One POST by HTTP/1.1, of which only the status of the response matters.
///
/// Blocks up to a deadline. The look-up of a name is not bounded by it, but by the system's
/// resolver.
package enum HTTPPost {
  /// Why there is no response.
  package typealias Failure = ClientError

  /// The longest status line.
  private static let maximumLineLength = 1024
  /// The authorities that sign certificates of hooks; nil if OpenSSL cannot load them.
  private static let authorities: ClientContext? = try? ClientContext(.system)

  /// Sends a body, and returns the status of the response.
  ///
  /// - Parameters:
  ///   - body: the content.
  ///   - type: its Content-Type.
  ///   - address: the URL.
  ///   - deadline: when to give up.
  /// - Returns: the status, 100–599.
  /// - Throws: if there is no response.
  package static func send(
    _ body: [UInt8], type: String, to address: WebAddress, deadline: MonotonicTime
  ) throws(Failure) -> Int {
    let connection = try ClientConnection(to: address.origin, authorities, deadline: deadline)
    let head = """
      POST \(address.target) HTTP/1.1\r
      Host: \(address.authority)\r
      Content-Type: \(type)\r
      Content-Length: \(body.count)\r
      Connection: close\r
      User-Agent: streamer\r
      \r

      """
    try connection.write(Array(head.utf8) + body)
    return try status(from: connection)
  }

  private static func status(from connection: ClientConnection) throws(Failure) -> Int {
    var line: [UInt8] = []
    while true {
      let bytes = try connection.read(maximumLineLength)
      guard !bytes.isEmpty else { throw .malformed }
      line += bytes
      guard line.contains(UInt8(ascii: "\n")) else {
        guard line.count < maximumLineLength else { throw .malformed }
        continue
      }
      guard let status = Self.status(of: line) else { throw .malformed }
      return status
    }
  }

  /// The status of a response; nil if it is not HTTP/1.0 or HTTP/1.1.
  static func status(of response: [UInt8]) -> Int? {
    let words = response.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
      .split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard words.count >= 2, words[0].starts(with: "HTTP/1.".utf8), words[1].count == 3,
      let status = Int(String(decoding: words[1], as: UTF8.self)), (100...599).contains(status)
    else { return nil }
    return status
  }
}
