// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Logging
import Net
import Sharing
import System
import Time
import Validation
import Versions

/// The command `streamer canary`: prints the figures of its followers until its time is over.
enum CanaryRun {
  /// Runs the command, and exits.
  static func run(_ arguments: [String]) -> Never {
    do throws(any Error) {
      guard case .follow(let request) = try CanaryCommand(arguments) else {
        print(CanaryCommand.helpText, terminator: "")
        exit(0)
      }
      ExitStatus.exit(try follow(request))
    } catch { ExitStatus.exit(for: error) }
  }

  /// How long the followers may take to end.
  private static let joinLimit = Interval.seconds(1)

  private static func follow(_ request: CanaryCommand.Request) throws -> Int32 {
    let cancellation = ClientCancellation()
    var followers: [CanaryFollower] = []
    if let problem = request.trust.problem {
      throw CanaryCommand.wrongTrust(request.trust, problem)
    }
    let clock = try request.clock.map { name in
      guard let clock = AgeClock(rawValue: name) else { throw CanaryCommand.wrongClock(name) }
      return clock
    }
    for url in request.urls {
      guard let target = CanaryTarget(url) else { throw CanaryCommand.wrongAddress(url) }
      if let clock, !target.form.clocks.contains(clock) {
        throw CanaryCommand.missingClock(clock.rawValue, url)
      }
      followers.append(
        CanaryFollower(
          target, clock, agent: "streamer-canary/\(Version.text)", request.trust, cancellation))
    }
    let isStopped = Monitor(false)
    try SignalWaiter.start { _ in isStopped.update { $0 = true } }
    let threads = try followers.map { follower in
      guard let thread = follower.start() else { throw SystemError("pthread_create", EAGAIN) }
      return thread
    }
    let end = request.duration.map { SystemClock.monotonicTime + $0 }
    var next = SystemClock.monotonicTime
    while true {
      next = min(next + request.interval, end ?? .distantFuture)
      let stops = isStopped.wait(until: next) { $0 ? true : nil } ?? false
      let found = followers.map { ($0.target, $0.record.summary()) }
      report(found, followers, request)
      if stops || next == end {
        // The exit handlers of OpenSSL free objects that a thread within it still uses.
        cancellation.cancel()
        let deadline = SystemClock.monotonicTime + joinLimit
        for thread in threads { _ = thread.join(until: deadline) }
        return found.allSatisfy { $0.1.count > 0 } ? 0 : 1
      }
    }
  }

  private static func report(
    _ found: [(CanaryTarget, AgeFigures.Summary)], _ followers: [CanaryFollower],
    _ request: CanaryCommand.Request
  ) {
    for (target, summary) in found {
      let line =
        request.isJSON
        ? CanaryReport.json(
          target, summary, milliseconds: SystemClock.wallTime.milliseconds)
        : CanaryReport.line(target, summary)
      print(line, terminator: "")
    }
    fflush(nil)
    for follower in followers {
      for finding in follower.record.takeFindings() {
        Log.standardError("streamer: \(CanaryReport.line(finding))")
      }
      guard let error = follower.record.takeError() else { continue }
      Log.standardError(
        "streamer: \(Redaction.redact("\(follower.target.url): \(error)"))\n")
    }
    guard let path = request.metricsFile else { return }
    if let problem = WholeFile.replace(path, Array(CanaryReport.metrics(found).utf8)) {
      Log.standardError("streamer: --metrics-file: \"\(path)\": \(problem)\n")
    }
  }
}
