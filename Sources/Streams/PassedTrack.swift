import CMAF
package import Capture
import Media

/// A stream's sound whose AAC frames are the source's own: they are put in their places and not coded again.
struct PassedTrack: LiveSound, ~Copyable {
  let cadence: AudioCadence
  let header: [UInt8]
  let codecs: String

  private var chunker: AudioChunker
  private var frames: AlignedFrames

  /// A track that begins with segment `segment`.
  ///
  /// - Throws: the muxer's error.
  init(
    _ passed: PassedSound, cadence: AudioCadence, from segment: Int64
  ) throws(FFmpegError) {
    let header = try passed.header()
    let silence = try EncodedFrames.silence(passed.settings)
    self.header = header
    codecs = passed.configuration.codecString
    self.cadence = cadence
    chunker = AudioChunker(cadence: cadence)
    frames = AlignedFrames(
      silence: silence, sampleRate: cadence.sampleRate, from: cadence.firstFrame(of: segment))
  }

  var next: Int64 { cadence.ticks(frames.next) }

  mutating func history(to position: Int64) throws(FFmpegError) -> [AudioChunker.Chunk] {
    chunks(frames.fill(to: position / AudioCadence.samplesPerFrame))
  }

  /// Takes a coded frame whose first sample belongs to `mediaTime`: nanoseconds since 1970.
  ///
  /// - Returns: the chunks that are complete.
  mutating func take(_ bytes: [UInt8], at mediaTime: Int64) -> [AudioChunker.Chunk] {
    chunks(frames.take(bytes, at: mediaTime))
  }

  mutating func fill(to position: Int64) throws(FFmpegError) -> [AudioChunker.Chunk] {
    let second = frames.next + Int64(cadence.sampleRate) / AudioCadence.samplesPerFrame
    return chunks(frames.fill(to: min(position / AudioCadence.samplesPerFrame, second)))
  }

  mutating func jump(to segment: Int64) throws(FFmpegError) {
    frames.jump(to: cadence.firstFrame(of: segment))
    chunker = AudioChunker(cadence: cadence)
  }

  mutating func finish() throws(FFmpegError) -> [AudioChunker.Chunk] { chunker.flush() }

  private mutating func chunks(_ frames: [EncodedAudioFrame]) -> [AudioChunker.Chunk] {
    var made: [AudioChunker.Chunk] = []
    for frame in frames {
      made += chunker.add(
        frame.bytes, frame: frame.index, captured: cadence.nanoseconds(frame.index))
    }
    return made
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

  /// The source's sound, if it can go out as it comes.
  package init?(_ audio: InputDescription.Audio) {
    guard let configuration = audio.passable else { return nil }
    self.configuration = configuration
    settings = AudioEncoderSettings(
      sampleRate: configuration.sampleRate, channels: configuration.channels,
      bitrateKilobits: Self.bitrateKilobits)
  }
  /// The CMAF header of a track of it.
  ///
  /// - Throws: the muxer's error.
  func header() throws(FFmpegError) -> [UInt8] {
    try FFmpegError.checked(
      AudioTrackHeader.make(
        configuration, channels: settings.channels, bitrateKilobits: settings.bitrateKilobits),
      timescale: Int(settings.sampleRate), codecs: configuration.codecString)
  }

  /// Whether a decoder that was set up for `other` understands this sound.
  func fits(_ other: PassedSound) -> Bool { settings == other.settings }
}
