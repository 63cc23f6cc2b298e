// SPDX-License-Identifier: Apache-2.0

/// The aspect ratio of pixels.
struct SampleAspect: Sendable, Hashable {
  let numerator, denominator: Int

  /// Square if the numbers are not positive, or if the ratio is not between 1:8 and 8:1.
  ///
  /// The numbers of some containers have 32 bits, so the comparison needs more.
  init(_ numerator: Int32, _ denominator: Int32) {
    let (numerator, denominator) = (Int(numerator), Int(denominator))
    let isSensible =
      // bounded: numbers of 32 bits in 64
      numerator > 0 && denominator > 0 && numerator < 8 * denominator
      // bounded: numbers of 32 bits in 64
      && denominator < 8 * numerator
    self.numerator = isSensible ? numerator : 1
    self.denominator = isSensible ? denominator : 1
  }

  /// The width of `pixels` pixels, in square pixels; 0 if `pixels` is negative.
  func width(_ pixels: Int) -> Int {
    let (scaled, half) = (Int128(max(0, pixels)) * Int128(numerator), Int128(denominator) / 2)
    return Int(clamping: (scaled + half) / Int128(denominator))
  }
}
