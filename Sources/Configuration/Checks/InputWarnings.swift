// SPDX-License-Identifier: Apache-2.0

package import Capture
import Media
package import Time

/// The warnings about an input whose video players or encoders treat differently: pure.
package struct InputWarnings: Sendable {
  /// A warning, with its name in the log.
  package struct Warning: Sendable {
    /// The name of the event.
    package let event: StaticString
    /// Cause and effect.
    package let text: String
  }

  /// At most one for each property.
  package let list: [Warning]

  /// The warnings about the video of an input that is passed through or encoded.
  ///
  /// - Parameters:
  ///   - description: its tracks.
  ///   - passesThrough: whether the video is passed through.
  ///   - reorderingDelay: the time by which B-frames delay passed-through video.
  ///   - deinterlaces: whether the program can deinterlace; asked for interlaced video only.
  package init(
    _ description: InputDescription, passesThrough: Bool, reorderingDelay: Interval = .zero,
    deinterlaces: @autoclosure () -> Bool = true
  ) {
    let frames = description.videos.map(\.frames)
    var list: [Warning] = []
    if reorderingDelay > .zero {
      list.append(
        Warning(
          event: "b-frames",
          text: "the video has B-frames and is passed through: pictures leave "
            + "\(reorderingDelay.milliseconds) ms later than without them (x264: "
            + "-tune zerolatency, cameras: B-frames 0)"))
    }
    if frames.contains(where: \.isInterlaced), passesThrough || !deinterlaces() {
      list.append(
        Warning(
          event: "interlaced",
          text: passesThrough
            ? "the video is interlaced and passed through: edges of moving objects are combed "
              + "(--passthrough never deinterlaces it)"
            : "the video is interlaced and encoded without deinterlacing: edges of moving objects "
              + "are combed (libavfilter is not installed)"))
    }
    if let bits = frames.map(\.bitDepth).max(), bits > 8 {
      list.append(
        Warning(
          event: "bit-depth",
          text: "the video has \(bits) bits per sample and is "
            + (passesThrough
              ? "passed through: players without a decoder for it show nothing "
                + "(--passthrough never encodes it with 8 bits)" : "encoded with 8 bits")))
    }
    if passesThrough, let chroma = frames.map(\.chroma).first(where: { $0 != .yuv420 }) {
      list.append(
        Warning(
          event: "chroma",
          text: "the video has \(chroma.rawValue) chroma and is passed through: phones and some "
            + "browsers show nothing (--passthrough never encodes it as 4:2:0; x264: "
            + "-pix_fmt yuv420p)"))
    }
    if let warning = Self.dolbyVision(description.videos, passesThrough) { list.append(warning) }
    if !passesThrough,
      let range = description.videos.map(\.colour.range).first(where: { $0 != .sdr })
    {
      list.append(
        Warning(
          event: "dynamic-range",
          text: "the video has a high dynamic range (\(range.rawValue)) and is encoded without "
            + "tone mapping: its colours look pale"))
    }
    self.list = list
  }

  /// The warning about Dolby Vision that players or the encoder do not show as it is meant.
  private static func dolbyVision(
    _ videos: [InputDescription.Video], _ passesThrough: Bool
  ) -> Warning? {
    let found = videos.compactMap(\.dolbyVision)
    if let configuration = found.first(where: \.isIncompatible) {
      return Warning(
        event: "dolby-vision",
        text: "the video is Dolby Vision of profile \(configuration.profile) and "
          + (passesThrough
            ? "passed through: only players with Dolby Vision show it"
            : "encoded without it: its colours are wrong"))
    }
    guard passesThrough,
      let configuration = found.first(where: { configuration in
        !["avc1", "hvc1", "av01"].contains {
          configuration.supplement(to: $0, transfer: 2) != nil
        }
      })
    else { return nil }
    return Warning(
      event: "dolby-vision",
      text: "the video is Dolby Vision of profile \(configuration.name), for which no brand is "
        + "defined: playlists and MPDs name its base layer only")
  }
}
