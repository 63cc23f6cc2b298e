// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// The header of the renditions.
enum ScriptedMedia {
  static let header: [UInt8] = {
    func box(_ type: String, _ content: [UInt8]) -> [UInt8] { HeaderBytes.box(type, content) }
    let zeros = { (count: Int) in [UInt8](repeating: 0, count: count) }
    let sets: [UInt8] = [0xE1, 0, 1, 0x67, 1, 0, 1, 0x68]
    let entry = box("avc1", zeros(78) + box("avcC", [1, 0x64, 0, 0x1F, 0xFF] + sets))
    let mdhd = box("mdhd", zeros(12) + [0, 0, 3, 0xE8] + zeros(4) + [0x55, 0xC4, 0, 0])
    let stbl = box("stbl", box("stsd", [0, 0, 0, 0, 0, 0, 0, 1] + entry))
    let tkhd = box("tkhd", zeros(12) + [0, 0, 0, 1])
    let trak = box("trak", tkhd + box("mdia", mdhd + box("minf", stbl)))
    let trex = box("trex", zeros(4) + [0, 0, 0, 1, 0, 0, 0, 1] + zeros(12))
    return box("ftyp", []) + box("moov", trak + box("mvex", trex))
  }()
}
