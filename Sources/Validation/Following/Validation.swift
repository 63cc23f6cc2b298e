// SPDX-License-Identifier: Apache-2.0

/// The result of following one address for some time.
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

  /// Follows a stream.
  ///
  /// - Parameters:
  ///   - url: the address of a playlist or of an MPD.
  ///   - origin: the server; confined to this thread.
  ///   - seconds: how long, at most.
  package init(_ url: String, _ origin: any ValidatedOrigin, seconds: Double) {
    self.url = url
    let start = origin.now
    let reply = origin.get(url)
    let body = String(decoding: reply.body.prefix(4096), as: UTF8.self)
    if !reply.isWhole {
      (findings, times, failure) = (Findings(), Measurements(), reply.outcome)
    } else if body.contains("<MPD") || body.hasPrefix("<?xml") {
      var validation = ManifestValidation(origin: origin, end: start + seconds)
      validation.follow(reply, at: url)
      (findings, times, failure) = (validation.findings, validation.times, nil)
    } else if body.contains("#EXT") {
      var validation = PlaylistValidation(origin: origin, end: start + seconds)
      validation.follow(reply, at: url)
      (findings, times, failure) = (validation.findings, validation.times, nil)
    } else {
      (findings, times) = (Findings(), Measurements())
      failure = "neither a playlist nor an MPD"
    }
    self.seconds = origin.now - start
    earlyHints = origin.earlyHints
  }

  /// Whether the stream was followed and no rule of the level must is broken.
  package var isPassed: Bool { failure == nil && !findings.areSevere }
}
