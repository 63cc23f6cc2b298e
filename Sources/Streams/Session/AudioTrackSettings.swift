// SPDX-License-Identifier: Apache-2.0

package import Capture
import Checked
import ChunkStream
package import Media
import Packaging

/// An audio track of a session: its name, language and source, and the parameters of its encoder.
package struct AudioTrackSettings: Sendable, Equatable, Codable {
  /// The source of a track.
  package enum Source: Sendable, Equatable {
    /// The test tone, in step with the flash of the test pattern.
    case tone
    /// An ALSA device by its name.
    case device(String)
    /// The pulled input's audio: copied, or re-encoded if the format is nil.
    case input(CopiedAudioFormat?)
  }

  /// The name of the only audio track of a session.
  package static let defaultName = "audio"

  /// The name in URLs.
  package var name = defaultName
  /// The name for viewers that choose among several tracks; nil for ``name``.
  package var label: String?
  /// The audience; nil for all listeners.
  package var purpose: AudioPurpose?
  /// The track of the input; nil for its first track.
  package var selector: AudioTrackSelector?
  /// Whether viewers get the track unless they choose another one.
  package var isDefault = true
  /// The track of AAC beside which this one has the frames of the input; nil for a track of AAC.
  package var alternative: AlternativeAudio?
  /// The source.
  package var source: Source
  /// The audio encoder's parameters, and the language.
  package var encoder: AudioEncoderSettings

  /// A track with the default name.
  package init(_ source: Source, encoder: AudioEncoderSettings = AudioEncoderSettings()) {
    self.source = source
    self.encoder = encoder
  }

  /// The track with the audio of a pulled input.
  package init(_ input: InputDescription.Audio) {
    let copied = CopiedAudioFormat(input)
    self.init(
      .input(copied),
      encoder: copied?.settings
        ?? AudioEncoderSettings(
          channels: input.channels == 1 ? 1 : 2, language: input.language))
  }

  /// A track with the frames of `input` beside `main`, the track of AAC.
  ///
  /// Nil if the input has none of the codecs.
  init?(_ codecs: [AlternativeAudioCodec], of input: InputDescription.Audio, beside main: Self) {
    guard let codec = AlternativeAudioCodec(rawValue: input.codec), codecs.contains(codec),
      let copied = CopiedAudioFormat(input, as: codec)?.speaking(main.encoder.language)
    else { return nil }
    self = main
    alternative = AlternativeAudio(
      codec: codec, main: main.name, samplesPerFrame: copied.length)
    name = "\(main.name)-\(codec.rawValue)"
    isDefault = false
    source = .input(copied)
    encoder = copied.settings
  }

  /// Samples in a frame.
  package var samplesPerFrame: Int64 {
    alternative?.samplesPerFrame ?? AudioSegmentation.samplesPerAACFrame
  }

  /// The format of a track with the frames of a source that has none; nil for a track of AAC.
  var silent: CopiedAudioFormat? {
    alternative.map { CopiedAudioFormat(silenceIn: $0, encoder) }
  }

  /// Whether the audio that the input has at the start is copied.
  ///
  /// A track of AAC whose sample rate or channels are others has its audio encoded.
  package var isCopied: Bool {
    guard case .input(let found?) = source else { return false }
    return alternative != nil || found.isLike(encoder)
  }

  /// The format of the track's CMAF header; nil if it is that of an encoder.
  ///
  /// A track that keeps the sample rate and the channels of an earlier session has their format,
  /// and copies later audio of that form.
  var format: CopiedAudioFormat? {
    guard case .input(let found?) = source else { return silent }
    return isCopied ? found : CopiedAudioFormat(plainAAC: encoder)
  }

  /// Sets the language of the track, whatever the source declares.
  mutating func speak(_ language: Language) {
    encoder.language = language
    if case .input(let copied?) = source { source = .input(copied.speaking(language)) }
  }

  /// Whether the source is the pulled input.
  var isOfInput: Bool { if case .input = source { true } else { false } }

  /// The longest name for viewers, in bytes.
  private static let maximumLabelLength = 256

  /// Whether viewers may get this name: it is a part of playlists, as a quoted string.
  package static func isLabel(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= maximumLabelLength
      && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "\"" }
  }

  /// Checks the ranges of a track beside video.
  func check(beside segmentation: Segmentation) throws(MessageError) {
    try MessageError.check("a name", name, limit: 64)
    if let label {
      try MessageError.check("a name", label, limit: Self.maximumLabelLength)
      guard Self.isLabel(label) else {
        throw .invalid(field: "a name", value: "with characters that are not permitted")
      }
    }
    if let position = selector?.position {
      try MessageError.check("the number of a track", position, in: 1...1000)
    }
    if case .device(let name) = source { try MessageError.check("a device", name, limit: 1024) }
    try MessageError.check("a sample rate", encoder.sampleRate, in: 7_000...96_000)
    try MessageError.check("the number of channels", encoder.channels, in: 1...64)
    try MessageError.check("a bitrate", encoder.bitrateKilobits, in: 1...100_000)
    if let main = alternative?.main { try MessageError.check("a name", main, limit: 64) }
    let frames = AudioSegmentation(
      following: segmentation, sampleRate: encoder.sampleRate, samplesPerFrame: samplesPerFrame)
    guard frames != nil else {
      throw .invalid(field: "a segment", value: "shorter than a frame of its audio")
    }
  }
}

extension AudioTrackSettings.Source: TextCodable {
  private static let device = "device "

  /// Reads a source; the format of an input's audio is that of its facts.
  package init?(_ text: String) {
    switch text {
    case "tone": self = .tone
    case "input": self = .input(nil)
    default:
      guard text.hasPrefix(Self.device) else { return nil }
      self = .device(String(text.dropFirst(Self.device.count)))
    }
  }

  /// The kind, and the name of a device.
  package var codedText: String {
    switch self {
    case .tone: "tone"
    case .input: "input"
    case .device(let name): Self.device + name
    }
  }
}
