// SPDX-License-Identifier: Apache-2.0

extension Rule {
  static let partsInTime = Rule(
    "parts-in-time", .should, draft + "§6.2.1",
    "A new part is listed within one Part Target Duration after the one before: the median.")
  static let hintInTime = Rule(
    "hint-in-time", .should, draft + "§6.2.1",
    "A hinted part is available when it is listed, or within one Part Target Duration: the median.")

  static let partTimeRules = [partsInTime, hintInTime]
}

/// How late the parts of one Media Playlist are, by the clock of the client: pure.
///
/// A playlist adds a part within one Part Target Duration after the part before, and the part is
/// available at that time. A single one may be late by the network or by this client: the median
/// decides. It may be later by the shortest response time, by a quarter of the Part Target Duration
/// and by ``slack``; the specification names no tolerance.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §6.2.1
struct PartTimes: Sendable {
  private static let slack = 0.15
  /// The fewest times with a median.
  private static let least = 4
  private static let most = 10_000

  /// The shortest time from a request to the first byte of its response.
  private var shortest = Double.infinity
  private var reloads: [Double] = []
  private var hints: [Double] = []
  /// When the newest part was listed.
  private var listed: Double?

  /// Takes a response that was not held.
  mutating func take(_ reply: Reply) {
    guard reply.failure == nil else { return }
    shortest = min(shortest, Self.first(reply) - reply.sent)
  }

  /// Takes the response to a blocking reload that lists a new part.
  mutating func takeReload(_ reply: Reply, partTarget: Double) {
    take(reply)
    if let lateness = lateness(reply, partTarget), reloads.count < Self.most {
      reloads.append(lateness)
    }
    listed = reply.end
  }

  /// Takes the response to a hint of a part.
  mutating func takeHint(_ reply: Reply, partTarget: Double) {
    if let lateness = lateness(reply, partTarget), hints.count < Self.most {
      hints.append(lateness)
    }
  }

  /// The time of the first byte after it was due, in seconds.
  private func lateness(_ reply: Reply, _ partTarget: Double) -> Double? {
    listed.map { Self.first(reply) - max(reply.sent, $0 + partTarget) }
  }

  private static func first(_ reply: Reply) -> Double { reply.pieces.first ?? reply.end }

  /// Checks the medians.
  func check(_ findings: inout Findings, partTarget: Double, _ place: Place) {
    let limit = Self.slack + partTarget / 4.0 + (shortest.isFinite ? shortest : 0)
    for (rule, times) in [(Rule.partsInTime, reloads), (.hintInTime, hints)] {
      guard times.count >= Self.least else { continue }
      // bounded: half of the number of times
      let median = times.sorted()[times.count / 2]
      findings.check(
        rule, median <= limit, place,
        seen: "\(Findings.rounded(median)) s late, the median of \(times.count)",
        expected: "at most \(Findings.rounded(limit)) s")
    }
  }
}
