// SPDX-License-Identifier: Apache-2.0

import CMAF
package import Media

/// The CMAF header of a text rendition: WebVTT in ISO files (`wvtt`).
///
/// - Source: ISO/IEC 14496-30 §7; ISO/IEC 23000-19 §11.2; ISO/IEC 14496-12 §8
package enum TextHeader {
  /// The header of a track in this language with this number of ticks per second.
  package static func bytes(_ language: Language, timescale: Int32) -> [UInt8] {
    HeaderWriter(
      .text, brands: ["cmfc", "iso6", "cwvt"], timescale: timescale, language: language
    ).bytes { out in
      out.box("wvtt") { out in
        out.zeros(6)
        out.put(UInt16(1))
        out.box("vttC") { $0.put("WEBVTT".utf8) }
      }
    }
  }

  /// The hash of the header in the names of files.
  package static func hash(_ language: Language, timescale: Int32) -> String {
    TrackDescription.hash(of: bytes(language, timescale: timescale))
  }
}
