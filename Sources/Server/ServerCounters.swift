import HTTP
import Sharing

/// What one loop counted of its requests: written by the loop, read by whoever asks for metrics.
struct ServerCounters: Sendable {
  /// What the counter of answers is kept by.
  struct Answer: Hashable, Sendable, Comparable {
    let kind: Int
    let status: Int

    static func < (a: Answer, b: Answer) -> Bool { (a.kind, a.status) < (b.kind, b.status) }
  }

  var answers: [Answer: UInt64] = [:]
  var bytes: [Int: UInt64] = [:]
  var cut: UInt64 = 0
  var holdTimeouts: UInt64 = 0
  var heldPlaylists = 0
  var heldMedia = 0
  var followers = 0
  var holdSeconds = Histogram.seconds
  var players = PlayerCounters()

  /// Adds what another loop counted.
  mutating func add(_ other: ServerCounters) {
    answers.merge(other.answers, uniquingKeysWith: +)
    bytes.merge(other.bytes, uniquingKeysWith: +)
    cut += other.cut
    holdTimeouts += other.holdTimeouts
    heldPlaylists += other.heldPlaylists
    heldMedia += other.heldMedia
    followers += other.followers
    holdSeconds.add(other.holdSeconds)
    players.add(other.players)
  }
}

/// Feeds a loop's counters from what its connections report.
final class AnswerCounter: ExchangeObserver {
  private let counters: Locked<ServerCounters>

  init(_ counters: Locked<ServerCounters>) { self.counters = counters }

  func finished(kind: RequestKind, status: Int, bytesSent: Int, cut: Bool) {
    counters.withLock { counters in
      if status > 0 {
        counters.answers[.init(kind: kind.index, status: status), default: 0] += 1
      }
      counters.bytes[kind.index, default: 0] += UInt64(max(0, bytesSent))
      if cut { counters.cut += 1 }
    }
  }
}
