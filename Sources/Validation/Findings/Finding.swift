// SPDX-License-Identifier: Apache-2.0

/// A broken rule at one address, with the first response that breaks it.
package struct Finding: Sendable, Equatable {
  package let rule: Rule
  /// The request, with its query.
  package let url: String
  /// The value that breaks the rule, the first time.
  package let seen: String
  /// The expected value.
  package let expected: String
  /// The time of the first one, in seconds since 1970.
  package let time: Double
  /// How often the rule was broken at addresses of this kind.
  package internal(set) var count = 1
}
