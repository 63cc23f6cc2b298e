// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media

/// The CMSD fields of media responses, sent with `--cmsd`.
///
/// Shared caches keep media responses, so the fields are equal for all clients.
/// - Source: CTA-5006 (CMSD)
struct CMSDFields {
  let bitrateKilobits: Int

  /// The fields of a response with media of `ticks` ticks.
  func fields(ticks: Int64, _ segmentation: TrackSegmentation) -> [HeaderField] {
    let milliseconds = ticks * 1000 / Int64(segmentation.timescale)
    let type = segmentation.isAudio ? "a" : "v"
    return [
      HeaderField("CMSD-Static", "br=\(bitrateKilobits),d=\(milliseconds),ot=\(type),st=l"),
      HeaderField("CMSD-Dynamic", "\"streamer\";mb=\(bitrateKilobits)"),
    ]
  }
}
