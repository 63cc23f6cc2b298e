// SPDX-License-Identifier: Apache-2.0

/// The correction of audio that is not at its media time: pure arithmetic.
enum DriftCorrection: Equatable {
  /// Stretch (positive) or shrink the audio by this many samples over the next second.
  case slew(Int64)
  /// Insert this many samples of silence.
  case insert(Int64)
  /// Drop this many samples.
  case drop(Int64)

  /// The error above which audio is missing or repeated; smaller errors are drift.
  ///
  /// One lost AAC frame at 48 kHz is 21.3 ms.
  static let stepMilliseconds: Int64 = 20
  /// The pitch changes by at most 1/200.
  static let slewDivisor: Int64 = 200

  /// The correction of audio that is `error` samples early.
  static func of(error: Int64, sampleRate: Int32) -> DriftCorrection {
    let rate = Int64(sampleRate)
    let step = rate * stepMilliseconds / 1000
    if error > step { return .insert(error) }
    if error < -step { return .drop(-error) }
    // An error is corrected within a second: 300 ppm settle at 0.3 ms.
    let most = rate / slewDivisor
    return .slew(min(max(error, -most), most))
  }
}
