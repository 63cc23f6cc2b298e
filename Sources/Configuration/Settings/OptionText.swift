// SPDX-License-Identifier: Apache-2.0

/// Text that refers to options: `"at most \(option: "segment-duration"), 2"`.
///
/// Each option is printed as the flag, variable or key by which it was given.
package struct OptionText: Sendable, Equatable, ExpressibleByStringInterpolation {
  fileprivate enum Piece: Sendable, Equatable {
    case text(String)
    case option(String)
  }

  private let pieces: [Piece]

  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var pieces: [Piece] = []

    package init(literalCapacity: Int, interpolationCount: Int) {}

    package mutating func appendLiteral(_ literal: String) { pieces.append(.text(literal)) }
    package mutating func appendInterpolation(_ value: some Any) {
      pieces.append(.text("\(value)"))
    }
    package mutating func appendInterpolation(option name: String) { pieces.append(.option(name)) }
  }

  package init(stringLiteral text: String) { pieces = [.text(text)] }
  package init(stringInterpolation text: StringInterpolation) { pieces = text.pieces }
  package init(_ text: String) { pieces = [.text(text)] }

  /// The text; `name` returns the printed form of an option's name.
  func text(_ name: (String) -> String) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .option(let option): name(option)
      }
    }.joined()
  }
}
