// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// What a watched target has shown: figures, errors and broken rules.
///
/// The thread that follows the target writes, another one reports.
package final class WatchRecord: Sendable {
  private struct State: Sendable {
    var figures = AgeFigures()
    var newestError: String?
    var findings: [Finding] = []
  }

  /// The most findings that wait for a report; there is one per rule and kind of address.
  private static let maximumFindings = 100

  private let state = Locked(State())

  /// The figures since the last call.
  package func summary() -> AgeFigures.Summary { state.withLock { $0.figures.summary() } }

  /// The newest error since the last call.
  package func takeError() -> String? { state.withLock { $0.newestError.take() } }

  /// The findings since the last call.
  package func takeFindings() -> [Finding] {
    state.withLock { state in
      defer { state.findings = [] }
      return state.findings
    }
  }

  /// A request failed, a response was cut or has no time, or nothing can be followed.
  func fail(_ reason: String) {
    state.withLock { state in
      state.figures.fail()
      state.newestError = reason
    }
  }

  /// A rule was broken for the first time at addresses of a kind.
  func take(_ finding: Finding) {
    state.withLock { state in
      state.figures.breakRule()
      if state.findings.count < Self.maximumFindings { state.findings.append(finding) }
    }
  }

  /// Media arrived at `time`; a longer time than `stallTime` without media is a stall.
  func take(_ media: [MediaTimes.Found], at time: WallTime, stallTime: Interval) {
    guard !media.isEmpty else { return }
    let now = SystemClock.monotonicTime
    state.withLock { state in
      for one in media {
        state.figures.add(time - one.time, one.clock, stallTime: stallTime, now: now)
      }
    }
  }
}
