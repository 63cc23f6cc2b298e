// SPDX-License-Identifier: Apache-2.0

import Media

/// The pixels of a client's screen, which may be turned.
struct ScreenSize: Sendable, Equatable {
  private let long, short: Double

  /// The screen with these numbers of pixels; nil without two positive numbers.
  init?(width: Double?, height: Double?) {
    guard let width, let height, width > 0, height > 0 else { return nil }
    long = max(width, height)
    short = min(width, height)
  }

  /// The index of the first one of the smallest pictures that fill the screen; 0 if none does.
  func smallestFilling(_ sizes: [VideoSize?]) -> Int {
    let filling = sizes.enumerated().compactMap { index, size in
      // bounded: a side has at most 2^16 pixels
      size.flatMap { isFilled(by: $0) ? (index, pixels: Int($0.width) * Int($0.height)) : nil }
    }
    return filling.min { $0.pixels < $1.pixels }?.0 ?? 0
  }

  /// Whether a picture of this size fills the screen without enlargement.
  func isFilled(by size: VideoSize) -> Bool {
    Double(max(size.width, size.height)) >= long || Double(min(size.width, size.height)) >= short
  }
}
