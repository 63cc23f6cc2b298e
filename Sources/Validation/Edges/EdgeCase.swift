// SPDX-License-Identifier: Apache-2.0

import CEdgeCases
import FoundationEssentials

/// A row of `deploy/edge/cases.json`: a request that a cache and the server could read differently.
///
/// Texts have names in braces, which ``EdgeNames`` replaces.
package struct EdgeCase: Sendable, Decodable, CustomStringConvertible {
  /// The resource to which the request is sent.
  package enum Resource: String, Sendable, Decodable {
    case playlist, manifest, play, part, segment
    /// The list of streams, and how far viewers of the default stream may go back.
    case root, extent
    /// A playlist that begins in the past.
    case past
    /// An address below the stream without content: 404 on each server.
    case missing
  }

  /// A permitted reading of the request.
  package enum Meaning: String, Sendable, Decodable {
    /// An error, or no response.
    case refused
    /// The response to the plain address.
    case plain
    /// A response that is kept apart.
    case own
  }

  private enum CodingKeys: String, CodingKey {
    case name, clause, query, fields, victims, victimFields, target, path, method, version, body
    case count, trial
    case resource = "on"
    case meanings = "is"
  }

  package let name: String
  /// The specification and its clause, such as `RFC 9112 3.2`.
  package let clause: String
  package let resource: Resource
  package let meanings: [Meaning]
  let query: String?
  /// Names and values; without a value the field is left out.
  let fields: [[String?]]?
  /// The queries of viewers whose answers must not change; nil: the query of the case.
  let victims: [String]?
  let victimFields: [[String?]]?
  /// A text before the path in the request target.
  let target: String?
  /// A text after the path.
  let path: String?
  let method, version, body: String?
  /// The number of further fields.
  let count: Int?
  /// False for a case that only the tests of the shipped edges try: the requests of a trial are
  /// limited.
  let trial: Bool?

  package var description: String { name }

  /// The queries of viewers, as templates.
  var victimQueries: [String] { victims ?? [query ?? ""] }

  /// Whether a trial sends the request.
  package var isTried: Bool { trial ?? true }

  /// Whether the request differs from that of a viewer by its query, which no server reads below a
  /// stream that does not exist.
  var needsStream: Bool { victimQueries.first != query ?? "" }

  /// Whether the request has no other permitted meaning than an error.
  var mustBeRefused: Bool { meanings == [.refused] }

  /// The rule of reports.
  ///
  /// Its name is `edge-` and the name of the case in words.
  package var rule: Rule {
    let words = name.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
    let clauseStart = clause.lastIndex(of: " ").map { clause[..<$0] } ?? ""
    let section = clause.dropFirst(clauseStart.count).drop { $0 == " " }
    return Rule(
      "edge-" + words.joined(separator: "-"), .must, "\(clauseStart) §\(section)",
      "The request “\(name)” \(mustBeRefused ? "is refused, and " : "")changes no answer of a "
        + "viewer.")
  }

  /// All cases in the order of the file.
  package static let all: [EdgeCase] = {
    let file = unsafe cedgecases()
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: file.bytes, count: file.size))
    return (try? JSONDecoder().decode([EdgeCase].self, from: Data(bytes))) ?? []
  }()
}
