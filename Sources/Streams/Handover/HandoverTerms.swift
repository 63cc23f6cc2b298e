// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// The properties of a stream that both processes of a handover have in common, as text.
///
/// Names, numbers and frame times then agree. Size, bitrate and encoder may differ: the new process
/// begins with a Discontinuity if its CMAF header is another one.
struct HandoverTerms: Sendable, Equatable {
  let text: String

  /// Nil for a stream that is not handed over: another source than the test pattern or a camera,
  /// encryption, or numbers that begin with the process.
  init?(_ configuration: StreamConfiguration) {
    switch configuration.source {
    case .test, .camera: break
    case .network, .upstream: return nil
    }
    guard configuration.numbering == .epoch, configuration.keys == nil,
      !configuration.passesThrough
    else { return nil }
    let tracks = configuration.tracks.map { track in
      let segmentation = track.segmentation
      let frames = segmentation.video
      return [
        track.name, "\(segmentation.timescale)", "\(segmentation.ticksPerFrame)",
        "\(segmentation.framesPerPart)", "\(frames.framesPerSegment)", "\(frames.framesPerPart)",
        "\(frames.grid.rate)",
      ].joined(separator: " ")
    }
    text = ([configuration.name] + tracks).joined(separator: "\n")
  }

  /// The name of the stream in the text of a request.
  static func name(in text: String) -> String { String(text.prefix { $0 != "\n" }) }
}
