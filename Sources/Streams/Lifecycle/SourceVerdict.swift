// SPDX-License-Identifier: Apache-2.0

/// What sessions have found out about a source that its examination does not show.
///
/// It concerns one publisher: the next one is examined without it.
package struct SourceVerdict: Sendable, Equatable {
  /// Whether key frames are irregular.
  package private(set) var hasIrregularKeyFrames = false
  /// Why the source must be encoded; nil if the examination decides.
  package private(set) var encodingReason: String?
  /// The number of publishers up to the one that it concerns; 0 for other sources.
  private var publisher: UInt64 = 0

  /// Nothing was found out.
  package init() {}

  /// The verdict about the newest of `publishers`; empty if it concerns an earlier one.
  package func concerning(_ publishers: UInt64) -> SourceVerdict {
    guard publisher != publishers else { return self }
    var verdict = SourceVerdict()
    verdict.publisher = publishers
    return verdict
  }

  /// Notes that key frames are irregular.
  package func irregular() -> SourceVerdict { with { $0.hasIrregularKeyFrames = true } }

  /// Notes that the source cannot be passed through any longer, and is examined again.
  package func unfit() -> SourceVerdict { with { $0.hasIrregularKeyFrames = false } }

  /// Notes that the source must be encoded; nil: the examination decides.
  package func encoded(_ reason: String?) -> SourceVerdict { with { $0.encodingReason = reason } }

  private func with(_ change: (inout SourceVerdict) -> Void) -> SourceVerdict {
    var verdict = self
    change(&verdict)
    return verdict
  }
}
