// SPDX-License-Identifier: Apache-2.0

extension FixedWidthInteger {
  /// The integer nearest to `value` towards zero, or the nearest end of the range; 0 if it is not a
  /// number.
  public init(clamping value: some BinaryFloatingPoint) {
    if let exact = Self(exactly: value.rounded(.towardZero)) {
      self = exact
    } else if value.isNaN {
      self = 0
    } else {
      self = value < 0 ? .min : .max
    }
  }
}
