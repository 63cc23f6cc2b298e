// SPDX-License-Identifier: Apache-2.0

/// How long sound is waited for before it is silence: what was seen of the input at first, and more where sound that came
/// later shows that this is too little.
///
/// An input may have had no sound when it was looked at, and it may come another way since.
struct AudioGracePeriod: Sendable {
  /// What is later was kept by somebody who was stopped, and says nothing of what comes next.
  private static let most: Int64 = 2_000_000_000
  /// How much more than the latest seen is waited for.
  private static let margin: Int64 = 30_000_000

  /// So long after its time.
  private(set) var nanoseconds: Int64

  /// A patience that has seen nothing late.
  init(_ nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Sound came so many nanoseconds after its time, and there was silence already.
  mutating func took(late nanoseconds: Int64) {
    let wish = nanoseconds + Self.margin
    if wish <= Self.most { self.nanoseconds = max(self.nanoseconds, wish) }
  }
}
