import CMAF
import Capture
import Media
import Packaging
import Sharing

/// One rendition: its encoder, its chunk writer and its window.
///
/// Confined to the rendition's thread.
struct VideoTrack: ~Copyable {
  private let cadence: Cadence
  private let keyDistance: Int64
  private let window: LiveWindow
  private let writer = ChunkWriter()
  private var encoder: VideoEncoder

  /// Opens the encoder and describes the track to the window.
  ///
  /// - Throws: the encoder's error.
  init(
    _ configuration: StreamConfiguration, _ rung: Rung, window: LiveWindow
  ) throws(FFmpegError) {
    let encoder = try VideoEncoder(
      EncoderSettings(
        size: rung.size, rate: configuration.cadence.grid.rate,
        bitrateKilobits: rung.bitrateKilobits, encoder: configuration.encoder,
        preset: configuration.preset))
    let header = try FFmpegError.checked(
      encoder.initSegment(), timescale: Int(configuration.cadence.grid.rate.timescale),
      codecs: encoder.codecString)
    window.describe(
      TrackDescription(
        rendition: rung.name, codecs: encoder.codecString,
        bandwidth: rung.peakBandwidth(configuration.cadence),
        averageBandwidth: rung.averageBandwidth(configuration.cadence), size: rung.size,
        cadence: configuration.cadence, header: header))
    cadence = configuration.cadence
    keyDistance = configuration.keyDistance
    self.window = window
    self.encoder = encoder
  }

  /// Why another encoder than the one asked for was opened; nil if it is the one.
  var fallbackReason: String? { encoder.fallbackReason }
  /// The encoder that was opened.
  var encoderName: String { encoder.name }

  /// Encodes a picture as frame `frame`; segments begin with an IDR, and may have more.
  mutating func encode(_ picture: Picture, frame: Int64) throws(FFmpegError) -> [EncodedFrame] {
    try encoder.encode(
      picture, pts: cadence.grid.ticks(frame),
      independent: cadence.position(of: frame) % keyDistance == 0)
  }

  /// Publishes what was encoded for `frame`.
  ///
  /// - Parameters:
  ///   - coded: the coded picture.
  ///   - frame: index on the grid.
  ///   - captured: wall clock, nanoseconds since 1970.
  /// - Returns: the chunk, which is in the window now.
  func publish(_ coded: EncodedFrame, frame: Int64, captured: Int64) -> Chunk {
    let chunk = chunk(coded, frame: frame, captured: captured, published: SystemClock.wall)
    window.publish(chunk)
    return chunk
  }

  /// Puts what was encoded into the window as frame `frame` of the history; its capture time is its tick.
  func record(_ coded: EncodedFrame, frame: Int64) {
    let tick = cadence.grid.nanoseconds(frame)
    window.appendHistory(chunk(coded, frame: frame, captured: tick, published: 0))
  }

  private func chunk(
    _ coded: EncodedFrame, frame: Int64, captured: Int64, published: Int64
  ) -> Chunk {
    let duration = cadence.grid.rate.ticksPerFrame
    let sample = Sample(
      payload: coded.bytes, decodeTime: cadence.grid.ticks(frame), duration: UInt32(duration),
      captured: captured, sequence: UInt32(truncatingIfNeeded: frame + 1),
      isSync: coded.isIndependent)
    return Chunk(
      frame: frame, isIndependent: coded.isIndependent, duration: duration, captured: captured,
      published: published,
      bytes: writer.chunk(sample, startsSegment: cadence.position(of: frame) == 0))
  }
}
