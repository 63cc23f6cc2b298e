// SPDX-License-Identifier: Apache-2.0

/// The newest results of a decoder that several streams share: a pure state machine.
///
/// Units are numbered in the order of their arrival. Each is decoded once, for the first stream
/// that asks; streams that are more than ``kept`` units behind that one get no frames.
package struct DecodedUnits<Frame> {
  /// The work for a unit.
  package enum Step {
    /// It was decoded, to these frames.
    case known([Frame])
    /// It was decoded too long ago, or a unit to which it may refer was not decoded.
    case late
    /// It has to be decoded.
    case decode
  }

  /// The number of units whose frames are kept.
  package static var kept: Int { 4 }

  private var results: [(number: UInt64, frames: [Frame])] = []
  private var newest: UInt64?

  /// No results.
  package init() {}

  /// The work for the unit `number`.
  ///
  /// A stream that joins ahead of the others decodes nothing that refers to a unit that they have
  /// not decoded yet: it would take their frames away.
  package func step(_ number: UInt64, isKey: Bool) -> Step {
    if let result = results.last(where: { $0.number == number }) { return .known(result.frames) }
    guard let newest else { return .decode }
    let isNext = number > newest && (isKey || number - newest == 1)
    return isNext ? .decode : .late
  }

  /// Keeps the frames of the unit `number`, the newest one.
  package mutating func add(_ number: UInt64, _ frames: [Frame]) {
    newest = number
    results.append((number, frames))
    if results.count > Self.kept { results.removeFirst() }
  }
}
