// SPDX-License-Identifier: Apache-2.0

package import Media

/// Writes the CMAF header of a track, `ftyp` and `moov`, around its sample entry.
///
/// - Source: ISO/IEC 14496-12 §8; ISO/IEC 23000-19 §7.3.1
package struct HeaderWriter: Sendable {
  /// The media of a track.
  package enum Kind: Sendable {
    case text, audio
  }

  private let kind: Kind
  /// Those of `ftyp`, the first of them as the major one.
  private let brands: [String]
  private let timescale: Int32
  private let language: Language

  /// A writer; `timescale` is the ticks per second of the track.
  package init(_ kind: Kind, brands: [String], timescale: Int32, language: Language) {
    self.kind = kind
    self.brands = brands
    self.timescale = timescale
    self.language = language
  }

  /// The header; `entry` appends the sample entry.
  package func bytes(_ entry: (inout BoxBuilder) -> Void) -> [UInt8] {
    var out = BoxBuilder(capacity: 1024)
    out.box("ftyp") { out in
      out.put((brands.first ?? "cmfc").utf8)
      out.put(UInt32(0))
      for brand in brands { out.put(brand.utf8) }
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
      track(entry, &out)
      out.box("mvex") { out in
        out.box("trex", version: 0) { $0.put([UInt32(1), 1, 0, 0, 0]) }
      }
    }
    return out.bytes
  }

  private func track(_ entry: (inout BoxBuilder) -> Void, _ out: inout BoxBuilder) {
    out.box("trak") { out in
      // Enabled, in the movie.
      out.box("tkhd", version: 0, flags: 3) { out in
        out.put([UInt32(0), 0, 1, 0, 0])
        out.zeros(12)
        out.put(UInt16(kind == .audio ? 0x0100 : 0))
        out.zeros(2)
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
          out.put((kind == .audio ? "soun" : "text").utf8)
          out.zeros(13)
        }
        out.box("minf") { out in
          switch kind {
          case .audio: out.box("smhd", version: 0) { $0.zeros(4) }
          case .text: out.box("nmhd", version: 0) { _ in }
          }
          out.box("dinf") { out in
            out.box("dref", version: 0) { out in
              out.put(UInt32(1))
              out.box("url ", version: 0, flags: 1) { _ in }
            }
          }
          samples(entry, &out)
        }
      }
    }
  }

  /// The sample entry, and tables without samples.
  private func samples(_ entry: (inout BoxBuilder) -> Void, _ out: inout BoxBuilder) {
    out.box("stbl") { out in
      out.box("stsd", version: 0) { out in
        out.put(UInt32(1))
        entry(&out)
      }
      for type in ["stts", "stsc", "stco"] { out.box(type, version: 0) { $0.put(UInt32(0)) } }
      out.box("stsz", version: 0) { $0.put([UInt32(0), 0]) }
    }
  }
}

extension BoxBuilder {
  /// Appends a sample entry of audio with its decoder configuration in a box of the type `box`.
  ///
  /// A sample rate of more than 16 bits is 0: it is that of the configuration.
  /// - Source: ISO/IEC 14496-12 §12.2.3
  package mutating func audioEntry(
    _ type: String, channels: Int, bits: Int = 16, sampleRate: Int32, _ box: String,
    _ configuration: [UInt8]
  ) {
    self.box(type) { out in
      out.zeros(6)
      out.put(UInt16(1))
      out.zeros(8)
      out.put(UInt16(clamping: channels))
      out.put(UInt16(clamping: bits))
      out.zeros(4)
      out.put(UInt16(exactly: sampleRate) ?? 0)
      out.zeros(2)
      out.box(box) { $0.put(configuration) }
    }
  }

  fileprivate mutating func put(_ numbers: [UInt32]) { for number in numbers { put(number) } }

  /// The unity matrix.
  fileprivate mutating func matrix() {
    put([UInt32(0x0001_0000), 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000])
  }
}
