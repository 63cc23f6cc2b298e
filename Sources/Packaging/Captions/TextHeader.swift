// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Media

/// The CMAF header of a text rendition: WebVTT in ISO files (`wvtt`).
///
/// - Source: ISO/IEC 14496-30 §7; ISO/IEC 23000-19 §11.2; ISO/IEC 14496-12 §8
package enum TextHeader {
  /// The header of a track in this language with this number of ticks per second.
  package static func bytes(_ language: Language, timescale: Int32) -> [UInt8] {
    var out = BoxBuilder(capacity: 512)
    out.box("ftyp") { out in
      out.put("cmfc".utf8)
      out.put(UInt32(0))
      for brand in ["cmfc", "iso6", "cwvt"] { out.put(brand.utf8) }
    }
    out.box("moov") { out in
      out.box("mvhd", version: 0) { out in
        out.put([UInt32(0), 0, UInt32(clamping: timescale), 0])
        out.put(UInt32(0x0001_0000))
        out.put(UInt16(0x0100))
        out.zeros(10)
        out.matrix()
        out.zeros(24)
        out.put(UInt32(2))
      }
      track(language, timescale, &out)
      out.box("mvex") { out in
        out.box("trex", version: 0) { $0.put([UInt32(1), 1, 0, 0, 0]) }
      }
    }
    return out.bytes
  }

  /// The hash of the header in the names of files.
  package static func hash(_ language: Language, timescale: Int32) -> String {
    TrackDescription.hash(of: bytes(language, timescale: timescale))
  }

  private static func track(
    _ language: Language, _ timescale: Int32, _ out: inout BoxBuilder
  ) {
    out.box("trak") { out in
      // Enabled, in the movie.
      out.box("tkhd", version: 0, flags: 3) { out in
        out.put([UInt32(0), 0, 1, 0, 0])
        out.zeros(16)
        out.matrix()
        out.zeros(8)
      }
      out.box("mdia") { out in
        out.box("mdhd", version: 0) { out in
          out.put([UInt32(0), 0, UInt32(clamping: timescale), 0])
          out.put(language.packed)
          out.put(UInt16(0))
        }
        out.box("hdlr", version: 0) { out in
          out.zeros(4)
          out.put("text".utf8)
          out.zeros(13)
        }
        out.box("minf") { out in
          out.box("nmhd", version: 0) { _ in }
          out.box("dinf") { out in
            out.box("dref", version: 0) { out in
              out.put(UInt32(1))
              out.box("url ", version: 0, flags: 1) { _ in }
            }
          }
          samples(&out)
        }
      }
    }
  }

  /// The sample entry, and tables without samples.
  private static func samples(_ out: inout BoxBuilder) {
    out.box("stbl") { out in
      out.box("stsd", version: 0) { out in
        out.put(UInt32(1))
        out.box("wvtt") { out in
          out.zeros(6)
          out.put(UInt16(1))
          out.box("vttC") { $0.put("WEBVTT".utf8) }
        }
      }
      for type in ["stts", "stsc", "stco"] { out.box(type, version: 0) { $0.put(UInt32(0)) } }
      out.box("stsz", version: 0) { $0.put([UInt32(0), 0]) }
    }
  }
}

extension BoxBuilder {
  fileprivate mutating func put(_ numbers: [UInt32]) { for number in numbers { put(number) } }

  /// The unity matrix.
  fileprivate mutating func matrix() {
    put([UInt32(0x0001_0000), 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000])
  }
}
