// SPDX-License-Identifier: Apache-2.0

import Archive
import TestSupport
import Time

/// A step of a sequence.
enum ModelEvent: Equatable {
  /// The session publishes for some seconds, and the disk is synchronised or not.
  case publish(seconds: Int, isSynchronised: Bool)
  /// The program runs without media.
  case wait(minutes: Int)
  /// Another session begins, with a CMAF header.
  case session(header: UInt64)
  /// The program is killed after some bytes and calls, or the machine loses power then.
  case crash(fuel: Int, losesPower: Bool)
  /// The program ends in order.
  case stop
  /// The program starts after some minutes.
  case start(minutes: Int)
  /// The rule of the stream changes.
  case reload(rule: Int)
  /// An operator removes a span.
  case delete(from: UInt64, count: UInt64)
  /// The thread that removes media runs.
  case remove
  /// Missing segments are fetched from a twin.
  case heal
  /// The wall clock is set, by seconds.
  case step(seconds: Int64)
  /// An administrator sets the clock of the ages.
  case setClock
  /// Others remove something.
  case take(Target, UInt64)
  /// Others put a copy in the place of a file.
  case copy(UInt64)
  /// Others give a file to another user.
  case give(UInt64)
  /// The medium changes a bit of a file.
  case damage(UInt64, at: UInt64)
  /// The disk is full but for some bytes, read only, or refuses one call of some.
  case fill(left: Int)
  case protect
  case fail(perThousand: UInt64)
  /// The disk is as it should be again.
  case relieve
  /// An administrator repairs the archive.
  case repair

  /// The files and folders that others remove.
  enum Target: CaseIterable {
    case file, index, day, rendition, stream, root, lock
  }

  /// The rules of streams.
  static let rules = [
    Retention(),
    Retention(keep: .seconds(3 * 3600), floor: .time(.seconds(1800))),
    Retention(keep: .seconds(10 * 3600), limit: 120_000, floor: .size(40_000)),
    Retention(limit: 60_000, floor: .time(.zero)),
  ]

  /// A random sequence.
  static func sequence(seed: UInt64, count: Int) -> [ModelEvent] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in event(&random) }
  }

  private static func event(_ random: inout SplitMix64) -> ModelEvent {
    func below(_ limit: UInt64) -> UInt64 { random.next() % limit }
    func small(_ limit: UInt64) -> Int { Int(below(limit)) }
    switch below(100) {
    case 0..<32: return .publish(seconds: 1 + small(25), isSynchronised: below(4) != 0)
    case 32..<37: return .wait(minutes: 1 + small(below(3) == 0 ? 600 : 70))
    case 37..<42: return .session(header: below(4) == 0 ? below(3) : 0)
    case 42..<54:
      let most: UInt64 = [20, 200, 2_000, 20_000][small(4)]
      return .crash(fuel: small(most), losesPower: below(3) != 0)
    case 54..<57: return .stop
    case 57..<69: return .start(minutes: below(3) == 0 ? small(90) : 0)
    case 69..<71: return .reload(rule: small(UInt64(rules.count)))
    case 71..<75: return .delete(from: random.next(), count: 1 + below(12))
    case 75..<78: return .remove
    case 78..<81: return .heal
    case 81..<83:
      let length: Int64 = [30, 300, 5_000, 90_000, 40_000_000, 300_000_000][small(6)]
      let seconds = Int64(below(UInt64(length)))
      return .step(seconds: below(2) == 0 ? seconds : -seconds)
    case 83: return .setClock
    case 84..<87: return .take(Target.allCases[small(UInt64(Target.allCases.count))], random.next())
    case 87: return .copy(random.next())
    case 88: return .give(random.next())
    case 89..<91: return .damage(random.next(), at: random.next())
    case 91..<93: return .fill(left: small(40_000))
    case 93: return .protect
    case 94: return .fail(perThousand: 1 + below(300))
    case 95..<99: return .relieve
    default: return .repair
    }
  }
}
