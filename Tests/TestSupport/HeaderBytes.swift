// SPDX-License-Identifier: Apache-2.0

package import Media

/// CMAF headers that state language and colours, with no other boxes than a reader needs.
package enum HeaderBytes {
  /// A header of HEVC with `colr`, or without if `colour` is nil, with Dolby Vision, and with
  /// `setup` as the content of `hvcC`.
  package static func video(
    _ colour: ColourDescription?, language: UInt16 = 0x55C4, timescale: UInt32 = 0,
    dolbyVision: DolbyVision? = nil, setup: [UInt8] = [1]
  ) -> [UInt8] {
    var colr: [UInt8] = []
    if let colour {
      let flags: UInt8 = colour.isFullRange ? 0x80 : 0
      let codes = [0, colour.primaries, 0, colour.transfer, 0, colour.matrix, flags]
      colr = box("colr", Array("nclx".utf8) + codes)
    }
    let type = dolbyVision?.sampleEntry(for: "hvc1") ?? "hvc1"
    let vision = dolbyVision.map { box($0.boxType, $0.record) } ?? []
    let entry = box(type, [UInt8](repeating: 0, count: 78) + box("hvcC", setup) + colr + vision)
    return header(language, entry, timescale)
  }

  /// A header of audio in this language.
  ///
  /// - Parameters:
  ///   - language: the language in `mdhd`.
  ///   - extended: the language in `elng`; nil for no such box.
  ///   - userData: the content of `udta`; nil for no such box.
  ///   - timescale: ticks per second.
  /// - Returns: `ftyp` and `moov`.
  package static func audio(
    _ language: Language, extended: String? = nil, userData: [UInt8]? = nil, timescale: UInt32 = 0
  ) -> [UInt8] {
    let decoder = [4, 17, 0x40] + [UInt8](repeating: 0, count: 12) + [5, 2, 0x11, 0x90]
    let stream = box("esds", [0, 0, 0, 0, 3, 22, 0, 1, 0] + decoder)
    let entry = box("mp4a", [UInt8](repeating: 0, count: 28) + stream)
    return header(
      language.packed, entry, timescale,
      media: extended.map { box("elng", [0, 0, 0, 0] + Array($0.utf8) + [0]) } ?? [],
      track: userData.map { box("udta", $0) } ?? [])
  }

  /// A box with this content.
  package static func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
    let size = UInt32(content.count + 8)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } + Array(type.utf8) + content
  }

  /// A header of a track with this sample entry.
  package static func header(_ entry: [UInt8]) -> [UInt8] { header(0x55C4, entry) }

  private static func header(
    _ language: UInt16, _ entry: [UInt8], _ timescale: UInt32 = 0, media more: [UInt8] = [],
    track other: [UInt8] = []
  ) -> [UInt8] {
    let packed = [UInt8(language >> 8), UInt8(language & 0xFF)]
    let ticks = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: timescale >> $0) }
    let mdhd = box(
      "mdhd", [UInt8](repeating: 0, count: 12) + ticks + [0, 0, 0, 0] + packed + [0, 0])
    let stsd = box("stsd", [0, 0, 0, 0, 0, 0, 0, 1] + entry)
    let media = box("mdia", mdhd + more + box("minf", box("stbl", stsd)))
    return box("ftyp", [])
      + box("moov", box("trak", box("tkhd", [UInt8](repeating: 0, count: 16)) + media + other))
  }

  /// A CMAF header with all boxes that a clip needs.
  package static func complete(isVideo: Bool, timescale: Int) -> [UInt8] {
    func number(_ value: Int) -> [UInt8] {
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
    let zeros = { (count: Int) in [UInt8](repeating: 0, count: count) }
    let handler = box(
      "hdlr", zeros(8) + Array((isVideo ? "vide" : "soun").utf8) + zeros(12) + Array("x\0".utf8))
    let entry =
      isVideo ? box("av01", zeros(78)) : box("Opus", zeros(28) + box("dOps", zeros(11)))
    let table = box("stbl", box("stsd", number(0) + number(1) + entry))
    let media = box(
      "mdia",
      box("mdhd", zeros(12) + number(timescale) + zeros(4) + [0x55, 0xC4, 0, 0]) + handler
        + box("minf", box(isVideo ? "vmhd" : "smhd", zeros(12)) + box("dinf", zeros(8)) + table))
    return box("ftyp", []) + box("moov", box("trak", box("tkhd", zeros(84)) + media))
  }
}
