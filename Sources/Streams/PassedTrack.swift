import CMAF
package import Capture
import Media

/// A stream's sound whose AAC frames are the source's own: they are put in their places and not coded again.
///
/// Coded frames cannot be stretched: one is repeated or left out where the source's clock has run away by more than
/// three quarters of a frame, and what is missing is silence.
struct PassedTrack: LiveSound, ~Copyable {
  let cadence: AudioCadence
  let header: [UInt8]
  let codecs: String

  private let silence: [UInt8]
  private var chunker: AudioChunker
  private var aligner: AudioFrameAligner

  /// A track that begins with segment `segment`.
  ///
  /// - Throws: the muxer's error.
  init(
    _ passed: PassedSound, cadence: AudioCadence, from segment: Int64
  ) throws(FFmpegError) {
    let settings = passed.settings
    let header = try FFmpegError.checked(
      AudioTrackHeader.make(
        passed.configuration, channels: settings.channels,
        bitrateKilobits: settings.bitrateKilobits),
      timescale: Int(cadence.sampleRate), codecs: passed.configuration.codecString)
    let silence = try SoundTrack.silence(settings)
    self.header = header
    self.silence = silence
    codecs = passed.configuration.codecString
    self.cadence = cadence
    chunker = AudioChunker(cadence: cadence)
    aligner = AudioFrameAligner(
      sampleRate: cadence.sampleRate, from: cadence.firstFrame(of: segment))
  }

  var next: Int64 { cadence.ticks(aligner.next) }

  mutating func history(to position: Int64) throws(FFmpegError) -> [AudioChunker.Chunk] {
    silent(aligner.skip(to: position / AudioCadence.samplesPerFrame))
  }

  /// Takes a coded frame whose first sample belongs to `mediaTime`: nanoseconds since 1970.
  ///
  /// - Returns: the chunks that are complete.
  mutating func take(_ bytes: [UInt8], at mediaTime: Int64) -> [AudioChunker.Chunk] {
    let place = aligner.place(at: mediaTime)
    var made: [AudioChunker.Chunk] = []
    if place.isRepeat {
      for index in place.missing { made += add(bytes, index) }
    } else {
      made += silent(place.missing)
    }
    if let index = place.index { made += add(bytes, index) }
    return made
  }

  mutating func fill(to position: Int64) throws(FFmpegError) -> [AudioChunker.Chunk] {
    let second = aligner.next + Int64(cadence.sampleRate) / AudioCadence.samplesPerFrame
    return silent(aligner.skip(to: min(position / AudioCadence.samplesPerFrame, second)))
  }

  mutating func jump(to segment: Int64) throws(FFmpegError) {
    aligner = AudioFrameAligner(
      sampleRate: cadence.sampleRate, from: cadence.firstFrame(of: segment))
    chunker = AudioChunker(cadence: cadence)
  }

  mutating func finish() throws(FFmpegError) -> [AudioChunker.Chunk] { chunker.flush() }

  private mutating func silent(_ frames: Range<Int64>) -> [AudioChunker.Chunk] {
    var made: [AudioChunker.Chunk] = []
    for index in frames { made += add(silence, index) }
    return made
  }

  private mutating func add(_ bytes: [UInt8], _ index: Int64) -> [AudioChunker.Chunk] {
    chunker.add(bytes, frame: index, captured: cadence.nanoseconds(index))
  }
}

/// AAC that can go out as it comes.
package struct PassedSound: Sendable, Equatable {
  /// Its decoder's configuration, which goes into the header.
  let configuration: AudioSpecificConfig
  /// Rate and channels of it, and what is said of its bits.
  let settings: AudioEncoderSettings

  /// What sources of AAC hardly exceed; kilobits a second.
  private static let bitrateKilobits = 256

  /// The source's sound, if it is AAC-LC of one or two channels whose configuration is known.
  package init?(_ audio: InputDescription.Audio) {
    guard audio.codec == "aac",
      let configuration = AudioSpecificConfig(audio.configuration), configuration.isPlainAAC,
      (1...2).contains(configuration.channels), configuration.sampleRate >= 16_000
    else { return nil }
    self.configuration = configuration
    settings = AudioEncoderSettings(
      sampleRate: configuration.sampleRate, channels: configuration.channels,
      bitrateKilobits: Self.bitrateKilobits)
  }
}
