// SPDX-License-Identifier: Apache-2.0

/// The result of following one address for some time, or of trying an edge.
package struct Validation: Sendable {
  /// The address that was given.
  package let url: String
  /// How long it was followed, in seconds.
  package let seconds: Double
  package let findings: Findings
  package let times: Measurements
  /// The number of interim responses 103 (Early Hints) that were received.
  package let earlyHints: Int
  /// Why nothing could be followed; nil if something was.
  package let failure: String?
  /// Whether the stream has ended.
  package let hasEnded: Bool
  /// The rules that could be checked, in the order of reports.
  package let rules: [Rule]
  /// The number of requests to an edge; nil for a stream that was followed.
  package let requests: Int?

  /// The failure for a response of another kind.
  static let unknownDocument = "neither a playlist nor an MPD"

  /// Follows a stream.
  ///
  /// - Parameters:
  ///   - url: the address of a playlist or of an MPD.
  ///   - origin: the server; confined to this thread.
  ///   - seconds: how long, at most.
  ///   - meter: measures the ages of the first video, of which only those requests are made that a
  ///     player makes; nil to check everything.
  package init(
    _ url: String, _ origin: any ValidatedOrigin, seconds: Double, _ meter: AgeMeter? = nil
  ) {
    self.url = url
    let start = origin.now
    let reply = origin.get(url)
    let body = String(decoding: reply.body.prefix(4096), as: UTF8.self)
    if !reply.isWhole {
      (findings, times, failure) = (Findings(), Measurements(), reply.outcome)
      hasEnded = false
    } else if body.contains("<MPD") || body.hasPrefix("<?xml") {
      var validation = ManifestValidation(origin: origin, end: start + seconds, meter)
      validation.follow(reply, at: url)
      hasEnded = validation.hasEnded
      (findings, times, failure) = (validation.findings, validation.times, nil)
    } else if body.contains("#EXT") {
      var validation = PlaylistValidation(origin: origin, end: start + seconds, meter)
      validation.follow(reply, at: url)
      hasEnded = validation.hasEnded
      (findings, times, failure) = (validation.findings, validation.times, nil)
    } else {
      (findings, times) = (Findings(), Measurements())
      failure = Self.unknownDocument
      hasEnded = false
    }
    self.seconds = origin.now - start
    earlyHints = origin.earlyHints
    (rules, requests) = (Rule.all, nil)
  }

  /// The result of trying an edge.
  init(
    _ url: String, _ findings: Findings, rules: [Rule], seconds: Double, requests: Int,
    failure: String?
  ) {
    (self.url, self.findings, self.rules) = (url, findings, rules)
    (self.seconds, self.requests, self.failure) = (seconds, requests, failure)
    (times, earlyHints, hasEnded) = (Measurements(), 0, false)
  }

  /// Whether the stream was followed and no rule of the level must is broken.
  package var isPassed: Bool { failure == nil && !findings.areSevere }
}
