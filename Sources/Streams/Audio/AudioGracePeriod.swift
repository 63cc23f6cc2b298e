// SPDX-License-Identifier: Apache-2.0

/// How late audio may be before silence replaces it: as measured at first, longer after late audio.
///
/// An input may have had no audio when it was surveyed, and its path may change.
struct AudioGracePeriod: Sendable {
  /// The grace period of an audio device; nanoseconds.
  static let device: Int64 = 100_000_000
  /// Larger delays come from a sender that was suspended and do not predict the next one.
  private static let longest: Int64 = 2_000_000_000
  /// How much longer than the largest delay the grace period is.
  private static let margin: Int64 = 30_000_000

  /// The grace period in nanoseconds after the time of the audio.
  private(set) var nanoseconds: Int64

  /// A grace period without late audio.
  init(_ nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Counts audio that arrived `lateness` nanoseconds after its time, when silence had replaced it.
  mutating func count(lateness: Int64) {
    let required = lateness + Self.margin
    if required <= Self.longest { nanoseconds = max(nanoseconds, required) }
  }
}
