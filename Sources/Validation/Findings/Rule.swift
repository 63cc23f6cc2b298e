// SPDX-License-Identifier: Apache-2.0

/// One rule that an origin must or should obey.
///
/// The tables ``all`` are in the folder `Rules`, one file per subject.
package struct Rule: Sendable, Hashable {
  /// How binding the clause is.
  package enum Level: String, Sendable {
    /// A player may fail if the rule is broken.
    case must
    /// A player plays, but later, or with more requests.
    case should
  }

  /// The specifications with which clauses begin.
  static let draft = "RFC 8216bis "
  static let dash = "ISO/IEC 23009-1 "
  static let iop = "DASH-IF Low-Latency Live "

  /// The name in reports, such as `part-within-target`.
  package let name: String
  package let level: Level
  /// The specification and its clause.
  package let clause: String
  /// The rule in one sentence.
  package let sentence: String

  /// A rule as data.
  init(_ name: String, _ level: Level, _ clause: String, _ sentence: String) {
    (self.name, self.level, self.clause, self.sentence) = (name, level, clause, sentence)
  }

  package static func == (first: Rule, second: Rule) -> Bool { first.name == second.name }

  package func hash(into hasher: inout Hasher) { hasher.combine(name) }

  /// All rules, in the order of reports.
  package static let all =
    syntaxRules + mediaPlaylistRules + partRules + updateRules + deltaRules + reloadRules
    + partTimeRules + multivariantRules + fragmentRules + responseRules + manifestRules
    + manifestUpdateRules + segmentRules
}
