// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Capture

@Suite("The aspect ratio of pixels")
struct SampleAspectTests {
  @Test(
    "ratios of any 32-bit numbers; unusable ones are square",
    arguments: [
      (Int32.max, Int32.max, 1000), (.max, .max - 1, 1000), (1_073_741_823, 1_073_741_824, 1000),
      (.max, 1, 1000), (1, .max, 1000), (.min, .min, 1000), (0, 1, 1000), (1, 0, 1000),
      (1 << 30, 1 << 29, 2000), (1 << 29, 1 << 30, 500), (4, 3, 1333), (16, 11, 1455),
      (8, 1, 1000), (7, 1, 7000),
    ])
  func ratio(numerator: Int32, denominator: Int32, width: Int) {
    #expect(SampleAspect(numerator, denominator).width(1000) == width)
  }

  @Test("the width of any number of pixels")
  func width() {
    let double = SampleAspect(.max, .max / 2)
    #expect(double.width(.max) == .max && double.width(.min) == 0 && double.width(0) == 0)
    #expect(SampleAspect(1, 2).width(3) == 2)
  }
}
