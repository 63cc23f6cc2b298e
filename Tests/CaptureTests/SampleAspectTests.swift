// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Capture

@Suite("The aspect ratio of pixels")
struct SampleAspectTests {
  private struct Ratio: Sendable {
    let numerator, denominator: Int32
    /// The width of 1000 pixels.
    let width: Int

    init(_ numerator: Int32, _ denominator: Int32, _ width: Int) {
      (self.numerator, self.denominator, self.width) = (numerator, denominator, width)
    }
  }

  private static let ratios: [Ratio] = [
    Ratio(.max, .max, 1000), Ratio(.max, .max - 1, 1000),
    Ratio(1_073_741_823, 1_073_741_824, 1000), Ratio(.max, 1, 1000), Ratio(1, .max, 1000),
    Ratio(.min, .min, 1000), Ratio(0, 1, 1000), Ratio(1, 0, 1000),
    Ratio(1 << 30, 1 << 29, 2000), Ratio(1 << 29, 1 << 30, 500), Ratio(4, 3, 1333),
    Ratio(16, 11, 1455), Ratio(8, 1, 1000), Ratio(7, 1, 7000),
  ]

  @Test("ratios of any 32-bit numbers; unusable ones are square")
  func ratio() {
    for ratio in Self.ratios {
      let aspect = SampleAspect(ratio.numerator, ratio.denominator)
      #expect(aspect.width(1000) == ratio.width, "\(ratio)")
    }
  }

  @Test("the width of any number of pixels")
  func width() {
    let double = SampleAspect(.max, .max / 2)
    #expect(double.width(.max) == .max && double.width(.min) == 0 && double.width(0) == 0)
    #expect(SampleAspect(1, 2).width(3) == 2)
  }
}
