// SPDX-License-Identifier: Apache-2.0

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
  package let retention: Retention
  /// The renditions that are archived.
  package let renditions: Renditions

  /// A policy with these values.
  package init(retention: Retention = Retention(), renditions: Renditions = .all) {
    self.retention = retention
    self.renditions = renditions
  }
}
