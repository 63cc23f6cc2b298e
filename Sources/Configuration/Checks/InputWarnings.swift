// SPDX-License-Identifier: Apache-2.0

package import Capture
import Media

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
  package init(_ description: InputDescription, passesThrough: Bool) {
    let frames = description.videos.map(\.frames)
    var list: [Warning] = []
    if frames.contains(where: \.isInterlaced) {
      list.append(
        Warning(
          event: "interlaced",
          text: "the video is interlaced and "
            + (passesThrough ? "passed through" : "encoded without deinterlacing")
            + ": edges of moving objects are combed"))
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
    if !passesThrough, let range = frames.map(\.colour.range).first(where: { $0 != .sdr }) {
      list.append(
        Warning(
          event: "dynamic-range",
          text: "the video has a high dynamic range (\(range.rawValue)) and is encoded without "
            + "tone mapping: its colours look pale"))
    }
    self.list = list
  }
}
