// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media

/// What media answers say of themselves and of the stream, with `--cmsd`.
///
/// Only what is the same for every client: shared caches keep these answers. - Source: CTA-5006 (CMSD)
struct CMSDFields {
  let bitrateKilobits: Int

  /// The fields of an answer of so many ticks of a rendition's timescale.
  func fields(ticks: Int64, _ segmentation: TrackSegmentation) -> [HeaderField] {
    let milliseconds = ticks * 1000 / Int64(segmentation.timescale)
    let type = if case .audio = segmentation { "a" } else { "v" }
    return [
      HeaderField("CMSD-Static", "br=\(bitrateKilobits),d=\(milliseconds),ot=\(type),st=l"),
      HeaderField("CMSD-Dynamic", "\"streamer\";mb=\(bitrateKilobits)"),
    ]
  }
}
