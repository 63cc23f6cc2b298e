// SPDX-License-Identifier: Apache-2.0

extension Option {
  /// All options, in the order of `--help`.
  package static let table: [Option] =
    source + publishing + encoding + segments + pushing + server + access + limits + invocation

  private static let byName: [String: Option] = Dictionary(
    table.flatMap { option in ([option.name] + option.aliases).map { ($0, option) } }
  ) { first, _ in first }

  /// The option with the flag, or alias, `name`.
  static func named(_ name: String) -> Option? { byName[name] }
}
