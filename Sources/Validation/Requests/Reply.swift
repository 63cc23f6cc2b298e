// SPDX-License-Identifier: Apache-2.0

package import HTTP

/// A response that was read to its end, or the reason why there is none.
package struct Reply: Sendable {
  /// The address that was answered.
  package var url: String
  /// The status; 0 if there was no response.
  package var status: Int
  /// Why there is no whole response; nil if there is one.
  package var failure: String?
  package var fields: [HeaderField] = []
  package var body: [UInt8] = []
  /// When the request was sent, and the last byte arrived, in seconds since 1970.
  package var sent, end: Double
  /// When each piece of the body arrived, in seconds since 1970.
  package var pieces: [Double] = []

  /// A response, or the reason why there is none.
  package init(
    url: String, status: Int, failure: String? = nil, fields: [HeaderField] = [],
    body: [UInt8] = [], sent: Double, end: Double, pieces: [Double] = []
  ) {
    (self.url, self.status, self.failure) = (url, status, failure)
    (self.fields, self.body) = (fields, body)
    (self.sent, self.end, self.pieces) = (sent, end, pieces)
  }

  /// Whether the connection ended within it.
  var isCut: Bool { failure != nil && status > 0 }

  /// Whether it has the requested content, to its end.
  var isWhole: Bool { failure == nil && (200..<300).contains(status) }

  /// The body, if it is whole.
  var content: [UInt8]? { isWhole ? body : nil }

  var place: Place { Place(url: url, time: sent) }

  /// The status, or the reason without one.
  var outcome: String { failure.map { "\($0)" } ?? "status \(status)" }

  /// The value of the first field with this name.
  package func value(_ name: String) -> String? { fields.first { $0.isNamed(name) }?.value }

  /// The type without its parameters, in lower case; empty without one.
  var mediaType: String {
    String((value("content-type") ?? "").prefix { $0 != ";" }).lowercased()
      .filter { !$0.isWhitespace }
  }

  /// `max-age`, in seconds; nil if it is not stated.
  var lifetime: Double? {
    let parts = (value("cache-control") ?? "").lowercased().split(separator: ",")
    for part in parts {
      let words = part.filter { !$0.isWhitespace }.split(separator: "=")
      if words.first == "max-age", words.count == 2 { return Double(words[1]) }
    }
    return nil
  }
}

/// An origin as the validator sees it: requests, and the passing of time.
package protocol ValidatedOrigin: ValidationClock {
  /// The number of interim responses 103 (Early Hints) that were received.
  var earlyHints: Int { get }

  /// Sends a GET and reads the response to its end.
  ///
  /// - Parameters:
  ///   - url: an absolute address.
  ///   - fields: further fields of the request.
  ///   - meter: takes the pieces of media as they arrive; nil for other responses.
  /// - Returns: the response, or the reason why there is none.
  func get(_ url: String, _ fields: [HeaderField], _ meter: AgeMeter?) -> Reply
}

extension ValidatedOrigin {
  func get(_ url: String, _ fields: [HeaderField] = []) -> Reply { get(url, fields, nil) }
}
