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

  private var frames: EncodedFrames
  private var chunker: AudioChunker

  /// Opens the encoder of a track that begins with segment `segment`.
  ///
  /// - Throws: the encoder's error.
  init(
    _ settings: AudioEncoderSettings, cadence: AudioCadence, from segment: Int64
  ) throws(FFmpegError) {
    let frames = try EncodedFrames(settings, from: cadence.firstFrame(of: segment))
    header = try frames.header()
    codecs = frames.codecs
    self.cadence = cadence
    chunker = AudioChunker(cadence: cadence)
    self.frames = frames
  }

  /// The sample that comes next, since 1970.
  var next: Int64 { frames.next }

  /// Silence for all frames that end before the sample `position`, faster than encoding each.
  ///
  /// One coded frame of silence is as good as another. Only for a track that has nothing yet.
  /// - Returns: the chunks that are complete.
  /// - Throws: the encoder's error.
  mutating func history(to position: Int64) throws(FFmpegError) -> [AudioChunker.Chunk] {
    let (first, end) = (frames.first, position / AudioCadence.samplesPerFrame)
    guard end > first else { return [] }
    let silence = try EncodedFrames.silence(frames.settings)
    try frames.jump(to: end)
    return chunks(
      (first..<end).map {
        EncodedAudioFrame(position: cadence.ticks($0), bytes: silence)
      })
  }

  /// Encodes sound whose first sample is the sample `position` since 1970.
  ///
  /// - Returns: the chunks that are complete: up to ``AudioEncoder/delayFrames`` frames before the sound's end.
  /// - Throws: the encoder's error.
  mutating func take(
    _ sound: SoundBlock, at position: Int64
  ) throws(FFmpegError) -> [AudioChunker.Chunk] {
    chunks(try frames.take(sound, at: position))
  }

  /// Says that no sound comes before the sample `position` any more; what is missing is silence, of which a second is
  /// made at a time.
  ///
  /// - Returns: the chunks that are complete.
  /// - Throws: the encoder's error.
  mutating func fill(to position: Int64) throws(FFmpegError) -> [AudioChunker.Chunk] {
    chunks(try frames.fill(to: min(position, next + Int64(cadence.sampleRate))))
  }

  /// Leaves out everything before segment `segment`: the grid has skipped it.
  ///
  /// - Throws: the encoder's error.
  mutating func jump(to segment: Int64) throws(FFmpegError) {
    try frames.jump(to: cadence.firstFrame(of: segment))
    chunker = AudioChunker(cadence: cadence)
  }

  /// What is left at the end of the stream.
  mutating func finish() throws(FFmpegError) -> [AudioChunker.Chunk] {
    chunks(try frames.finish()) + chunker.flush()
  }

  private mutating func chunks(_ frames: [EncodedAudioFrame]) -> [AudioChunker.Chunk] {
    var made: [AudioChunker.Chunk] = []
    for frame in frames {
      // Sound is mapped to media time before it is encoded, so that its place is when it was captured.
      made += chunker.add(
        frame.bytes, frame: frame.index, captured: cadence.nanoseconds(frame.index))
    }
    return made
  }
}
