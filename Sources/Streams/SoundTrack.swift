import CMAF
import Capture
import Media

/// A stream's sound: its encoder and what makes chunks of the coded frames.
///
/// Confined to one thread. Each AAC frame from the first on comes once and in order, with silence where there was no
/// sound.
struct SoundTrack: ~Copyable {
  /// How AAC frames fall into the video's segments.
  let cadence: AudioCadence
  /// The CMAF header.
  let header: [UInt8]
  /// RFC 6381 codecs string.
  let codecs: String

  private var encoder: AudioEncoder
  private var chunker: AudioChunker
  /// Frames before it only prime the encoder.
  private let first: Int64

  /// Opens the encoder of a track that begins with segment `segment`.
  ///
  /// - Throws: the encoder's error.
  init(
    _ settings: AudioEncoderSettings, cadence: AudioCadence, from segment: Int64
  ) throws(FFmpegError) {
    var encoder = try AudioEncoder(settings)
    let header = try FFmpegError.checked(
      encoder.initSegment(), timescale: Int(cadence.sampleRate), codecs: encoder.codecString)
    let first = cadence.firstFrame(of: segment)
    // A frame earlier, so that a decoder of the first one that is published has its overlap.
    _ = try encoder.fill(to: cadence.ticks(first - 1))
    self.header = header
    self.first = first
    self.cadence = cadence
    codecs = encoder.codecString
    chunker = AudioChunker(cadence: cadence)
    self.encoder = encoder
  }

  /// The sample that comes next, since 1970.
  var next: Int64 { encoder.next ?? cadence.ticks(first) }

  /// Encodes sound whose first sample is the sample `position` since 1970.
  ///
  /// - Returns: the chunks that are complete: up to ``AudioEncoder/delayFrames`` frames before the sound's end.
  /// - Throws: the encoder's error.
  mutating func take(
    _ sound: SoundBlock, at position: Int64
  ) throws(FFmpegError) -> [AudioChunker.Chunk] {
    chunks(try encoder.encode(sound, at: position))
  }

  /// Says that no sound comes before the sample `position` any more; what is missing is silence.
  ///
  /// - Returns: the chunks that are complete.
  /// - Throws: the encoder's error.
  mutating func fill(to position: Int64) throws(FFmpegError) -> [AudioChunker.Chunk] {
    var made: [AudioChunker.Chunk] = []
    // In steps, since a longer gap would be left instead of being filled.
    while next < position {
      let step = min(position, next + Int64(cadence.sampleRate))
      made += chunks(try encoder.fill(to: step))
    }
    return made
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
}
