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

  /// Why a request is refused.
  package struct Refusal: Error {
    package let reason: String
  }

  private struct Body: Decodable {
    enum Value: Decodable {
      case text(String), number(Double)

      init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let number = try? value.decode(Double.self) {
          self = .number(number)
        } else {
          self = .text(try value.decode(String.self))
        }
      }

      var string: String {
        switch self {
        case .text(let text): text
        case .number(let number): "\(number)"
        }
      }
    }

    let from, to: Value?
  }

  /// Reads a request.
  package init(_ request: Request, _ body: [UInt8]) throws(Refusal) {
    let items = request.queryItems
    let object =
      body.isEmpty ? nil : try? JSONDecoder().decode(Body.self, from: Data(body))
    func time(_ name: String, _ value: Body.Value?) throws(Refusal) -> WallTime {
      let text = items.first { $0.name == name }?.value ?? value?.string
      guard let text, let time = Self.time(text) else {
        throw Refusal(
          reason: "\"\(name)\": missing or invalid (expected seconds since 1970, or a date such as "
            + "2026-01-31T12:00:00.250Z)")
      }
      return time
    }
    let (from, to) = (try time("from", object?.from), try time("to", object?.to))
    guard from < to else { throw Refusal(reason: "\"from\" must be before \"to\"") }
    span = from..<to
  }

  private static func time(_ text: String) -> WallTime? {
    if let seconds = Double(text), seconds.isFinite,
      let microseconds = Int64(exactly: (seconds * 1_000_000).rounded())
    {
      return .origin + .microseconds(microseconds)
    }
    return EventRequest.date(text)
  }
}
