// SPDX-License-Identifier: Apache-2.0

package import Media

/// How a stream is archived.
package struct ArchivePolicy: Sendable, Equatable {
  /// The renditions that are archived.
  package enum Renditions: String, Sendable, CaseIterable {
    /// All of them.
    case all
    /// The top video rendition, and audio.
    case top
    /// None: the stream has no archive.
    case none
  }

  /// When hour files are removed.
  package var retention: Retention
  /// The renditions that are archived.
  package let renditions: Renditions

  /// The URLs of the same stream at other origins, from which missing segments are fetched.
  package let twins: [String]

  /// A policy with these values.
  package init(
    retention: Retention = Retention(), renditions: Renditions = .all, twins: [String] = []
  ) {
    self.retention = retention
    self.renditions = renditions
    self.twins = twins
  }

  /// The policy with another rule of retention.
  func with(_ retention: Retention) -> ArchivePolicy {
    var policy = self
    policy.retention = retention
    return policy
  }

  /// Whether a rendition is archived; `top` is the name of the first video rendition.
  package func archives(
    _ rendition: String, _ segmentation: TrackSegmentation, top: String?
  ) -> Bool {
    renditions == .all || segmentation.isAudio || rendition == top
  }
}
