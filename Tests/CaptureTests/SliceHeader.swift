// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import TestSupport

/// The fields of a slice header that the tests need, H.264 §7.3.3.
struct SliceHeader {
  let type: Int
  let idrFrameID: Int?

  init(slice: [UInt8], sps: [UInt8]) {
    var parameters = BitReader(unit: sps)
    let profile = parameters.bits(8)
    _ = parameters.bits(16)
    _ = parameters.number()
    if [100, 110, 122, 244].contains(profile) {
      for _ in 0..<3 { _ = parameters.number() }
      precondition(parameters.bits(1) == 0 && parameters.bits(1) == 0, "a scaling matrix")
    }
    let frameNumberBits = parameters.number() + 4
    var reader = BitReader(unit: slice)
    _ = reader.number()
    type = reader.number() % 5
    _ = reader.number()
    _ = reader.bits(frameNumberBits)
    idrFrameID = NALCodec.h264.kind(slice[0]) == .keySlice ? reader.number() : nil
  }
}
