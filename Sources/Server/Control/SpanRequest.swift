// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import HTTP
package import Time

/// A request about a span of the archive: `from` and `to`, in the query or in a JSON object as its
/// body.
///
/// Each is a date of RFC 3339 in UTC, or seconds since 1970.
package struct SpanRequest {
  /// The span; not empty.
  package let span: Range<WallTime>

  private struct Body: Decodable {
    let from, to: TextOrNumber?
  }

  /// Reads a request.
  package init(_ request: Request, _ body: [UInt8]) throws(RequestRefusal) {
    let items = request.queryItems
    var object: Body?
    // Beside a query with both times a body has no meaning, and is not read.
    if !body.isEmpty, !["from", "to"].allSatisfy({ name in items.contains { $0.name == name } }) {
      try TextOrNumber.checkSyntax(
        of: body, "expected an object such as {\"from\": 1795155720, \"to\": 1795155780}")
      object = try? JSONDecoder().decode(Body.self, from: Data(body))
    }
    func time(_ name: String, _ value: TextOrNumber?) throws(RequestRefusal) -> WallTime {
      let text = items.first { $0.name == name }?.value ?? value?.string
      guard let text, let time = EventRequest.time(text, microseconds: 1_000_000) else {
        throw .init(
          "\"\(name)\": missing or invalid (expected seconds since 1970, or a date such as "
            + "2026-01-31T12:00:00.250Z)")
      }
      return time
    }
    let (from, to) = (try time("from", object?.from), try time("to", object?.to))
    guard from < to else { throw .init("\"from\" must be before \"to\"") }
    span = from..<to
  }
}
