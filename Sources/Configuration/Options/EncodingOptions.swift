// SPDX-License-Identifier: Apache-2.0

import Capture
import Media

/// Options of encoders and of the encoded frames.
///
/// A default that is not stated here is the initial value in ``StreamSettings``; that of the preset
/// is in ``EncoderSettings``.
extension Option {
  static let encoding: [Option] = [
    .stream(
      "resolution", \.size, .size, .encoding,
      default: "\(StreamSettings.defaultSize); for an input, its size",
      help: "the size of the encoded frames; frames of another aspect ratio are letterboxed"
    ).with { $0.replaces = ["rendition"] },
    .stream(
      "framerate", \.rate, .rate, .encoding,
      default: "\(StreamSettings.defaultRate); for an input, its rate",
      help: "frames per second; can be a fraction, such as 30000/1001"),
    .stream(
      "bitrate", \.bitrateKilobits, .integer(bitrates, "K"), .encoding,
      default: "\(StreamSettings.defaultBitrateKilobits)", help: "kilobits per second"
    ).with { $0.replaces = ["rendition"] },
    .stream(
      "rendition", appendingTo: \.ladder, .rendition, .encoding,
      help: "a rendition of a ladder, the best first; repeatable, instead of --resolution and "
        + "--bitrate"
    ).with { $0.replaces = ["resolution", "bitrate"] },
    .stream(
      "intra-interval", \.intraInterval, .integer(1...2400), aliases: ["key-int-max"], .encoding,
      default: "one per segment",
      help: "frames from key frame to key frame within a segment, rounded to whole parts"),
    .stream(
      "encoder", \.encoder,
      .word("NAME", expected: "a libavcodec name of letters, digits and _", "_"), .encoding,
      help: "an H.264 encoder by its libavcodec name; the default is also the fallback"),
    .stream(
      "preset", \.preset, .word("P", expected: "a word of letters, digits and -", "-"),
      aliases: ["speed-preset"], .encoding, help: "the preset of the encoder"),
    .stream(
      "burn-clock", \.burnsClock, .toggle, .encoding,
      help: "burn clock and timecode into the frames of a camera or an input too"),
    .stream(
      "overlay", \.overlay, .overlay, .encoding,
      help: "text over the frames; {name}, {utc} and {resolution} are replaced"),
    .stream(
      "overlay-font", \.overlayFont, .path("the path of a TrueType or OpenType font"), .encoding,
      default: "DejaVu Sans, if installed", help: "the font of the overlay"),
  ]
}

private let bitrates = 50...100_000

extension OptionKind where Value == VideoSize {
  fileprivate static let size = OptionKind(
    placeholder: "WxH", expected: "WIDTHxHEIGHT, both even and 64–7680, such as 1280x720",
    parse: { VideoSize($0) }, print: { "\($0)" })
}

extension OptionKind where Value == FrameRate {
  fileprivate static let rate = OptionKind(
    placeholder: "F", expected: "1–120 frames per second, such as 30, 29.97 or 30000/1001",
    form: .number,
    parse: {
      guard let rate = FrameRate($0) else { return nil }
      let isInRange =
        // bounded: at most a million
        rate.numerator >= rate.denominator && rate.numerator <= 120 * rate.denominator
      return isInRange ? rate : nil
    }, print: { "\($0)" })
}

extension OptionKind where Value == RequestedRendition {
  fileprivate static let rendition = OptionKind(
    placeholder: "WxH@K",
    expected: "WIDTHxHEIGHT@KILOBITS, such as 640x360@700, or WIDTH@KILOBITS",
    parse: {
      let halves = $0.split(separator: "@", omittingEmptySubsequences: false)
      guard halves.count == 2, let size = RequestedRendition.Size(String(halves[0])),
        let bitrate = Int(String(halves[1])), bitrates.contains(bitrate)
      else { return nil }
      return RequestedRendition(size: size, bitrateKilobits: bitrate)
    }, print: { "\($0)" })
}

extension OptionKind where Value == Overlay {
  fileprivate static let overlay = OptionKind(
    placeholder: "TEXT", expected: "text with braces only in {name}, {utc} and {resolution}",
    parse: { Overlay($0) }, print: { "\($0)" })
}

extension OptionKind where Value == String {
  /// ASCII letters, digits, and the characters of `others`.
  fileprivate static func word(
    _ placeholder: String, expected: String, _ others: String
  ) -> OptionKind {
    .text(placeholder, expected: expected) {
      !$0.isEmpty
        && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || others.contains($0) }
    }
  }
}
