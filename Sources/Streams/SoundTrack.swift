import CMAF
import Capture
import Media

/// A stream's sound: its encoder and what makes chunks of the coded frames.
///
/// Confined to one thread. Each AAC frame from the first on comes once and in order, with silence where there was no
/// sound.
struct SoundTrack: LiveSound, ~Copyable {
  /// How AAC frames fall into the video's segments.
  let cadence: AudioCadence
  /// The CMAF header.
  let header: [UInt8]
  /// RFC 6381 codecs string.
  let codecs: String

  private let settings: AudioEncoderSettings
  private var encoder: AudioEncoder
  private var chunker: AudioChunker
  /// Frames before it only prime the encoder.
  private var first: Int64

  /// Opens the encoder of a track that begins with segment `segment`.
  ///
  /// - Throws: the encoder's error.
  init(
    _ settings: AudioEncoderSettings, cadence: AudioCadence, from segment: Int64
  ) throws(FFmpegError) {
    let first = cadence.firstFrame(of: segment)
    let encoder = try Self.primed(settings, for: cadence.ticks(first))
    header = try FFmpegError.checked(
      encoder.initSegment(), timescale: Int(cadence.sampleRate), codecs: encoder.codecString)
    self.first = first
    self.cadence = cadence
    self.settings = settings
    codecs = encoder.codecString
    chunker = AudioChunker(cadence: cadence)
    self.encoder = encoder
  }

  /// An encoder whose next sample is `position`.
  ///
  /// It began a frame earlier, so that a decoder of the first frame that is published has its overlap.
  private static func primed(
    _ settings: AudioEncoderSettings, for position: Int64
  ) throws(FFmpegError) -> AudioEncoder {
    var encoder = try AudioEncoder(settings)
    _ = try encoder.fill(to: position - AudioCadence.samplesPerFrame)
    _ = try encoder.fill(to: position)
    return encoder
  }

  /// The sample that comes next, since 1970.
  var next: Int64 { encoder.next ?? cadence.ticks(first) }

  /// Silence for all frames that end before the sample `position`, faster than encoding each.
  ///
  /// One coded frame of silence is as good as another. Only for a track that has nothing yet.
  /// - Returns: the chunks that are complete.
  /// - Throws: the encoder's error.
  mutating func history(to position: Int64) throws(FFmpegError) -> [AudioChunker.Chunk] {
    let end = position / AudioCadence.samplesPerFrame
    guard end > first else { return [] }
    let silence = try Self.silence(settings)
    var made: [AudioChunker.Chunk] = []
    for frame in first..<end {
      made += chunker.add(silence, frame: frame, captured: cadence.nanoseconds(frame))
    }
    first = end
    encoder = try Self.primed(settings, for: cadence.ticks(end))
    return made
  }

  /// Encodes sound whose first sample is the sample `position` since 1970.
  ///
  /// - Returns: the chunks that are complete: up to ``AudioEncoder/delayFrames`` frames before the sound's end.
  /// - Throws: the encoder's error.
  mutating func take(
    _ sound: SoundBlock, at position: Int64
  ) throws(FFmpegError) -> [AudioChunker.Chunk] {
    chunks(try encoder.encode(sound, at: position))
  }

  /// Says that no sound comes before the sample `position` any more; what is missing is silence, of which a second is
  /// made at a time.
  ///
  /// - Returns: the chunks that are complete.
  /// - Throws: the encoder's error.
  mutating func fill(to position: Int64) throws(FFmpegError) -> [AudioChunker.Chunk] {
    guard next < position else { return [] }
    return chunks(try encoder.fill(to: min(position, next + Int64(cadence.sampleRate))))
  }

  /// Leaves out everything before segment `segment`: the grid has skipped it.
  ///
  /// - Throws: the encoder's error.
  mutating func jump(to segment: Int64) throws(FFmpegError) {
    first = cadence.firstFrame(of: segment)
    encoder = try Self.primed(settings, for: cadence.ticks(first))
    chunker = AudioChunker(cadence: cadence)
  }

  /// What is left at the end of the stream.
  mutating func finish() throws(FFmpegError) -> [AudioChunker.Chunk] {
    chunks(try encoder.finish()) + chunker.flush()
  }

  private mutating func chunks(_ frames: [EncodedAudioFrame]) -> [AudioChunker.Chunk] {
    var made: [AudioChunker.Chunk] = []
    for frame in frames where frame.index >= first {
      // Sound is mapped to media time before it is encoded, so that its place is when it was captured.
      made += chunker.add(
        frame.bytes, frame: frame.index, captured: cadence.nanoseconds(frame.index))
    }
    return made
  }

  /// A coded frame of silence between others.
  static func silence(_ settings: AudioEncoderSettings) throws(FFmpegError) -> [UInt8] {
    var encoder = try AudioEncoder(settings)
    _ = try encoder.fill(to: 0)
    guard let frame = try encoder.fill(to: 8 * AudioCadence.samplesPerFrame).last else {
      throw FFmpegError("avcodec_receive_packet", -1, "no frame of silence")
    }
    return frame.bytes
  }
}
