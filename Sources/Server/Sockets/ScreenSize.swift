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

  /// Whether a picture of this size fills the screen without enlargement.
  func isFilled(by size: VideoSize) -> Bool {
    Double(max(size.width, size.height)) >= long || Double(min(size.width, size.height)) >= short
  }
}
