// SPDX-License-Identifier: Apache-2.0

/// What is done about sound that is not where media time wants it: pure arithmetic.
enum DriftCorrection: Equatable {
  /// Stretch (positive) or shrink the sound by so many samples over the next second.
  case slew(Int64)
  /// Sound is missing: so many samples of silence.
  case insert(Int64)
  /// So many samples are too many.
  case drop(Int64)

  /// Beyond it a gap or a repetition is taken for what it is; below it foreign crystals are followed.
  ///
  /// One lost AAC frame of 48 kHz is 21.3 ms.
  static let stepMilliseconds: Int64 = 20
  /// Half a percent is the most by which the pitch is bent.
  static let slewDivisor: Int64 = 200

  /// Decides for sound that lies `error` samples before the place it should have.
  static func of(error: Int64, sampleRate: Int32) -> DriftCorrection {
    let rate = Int64(sampleRate)
    let step = rate * stepMilliseconds / 1000
    if error > step { return .insert(error) }
    if error < -step { return .drop(-error) }
    // An error is taken back within a second: 300 ppm settle at 0.3 ms.
    let most = rate / slewDivisor
    return .slew(min(max(error, -most), most))
  }
}
