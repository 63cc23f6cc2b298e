// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Media
import Packaging
import Sharing
import Time

/// One video rendition: its encoder, its chunk writer and its sink.
///
/// Confined to the rendition's thread.
struct VideoTrack: ~Copyable {
  private let segmentation: Segmentation
  private let keyDistance: Int64
  private let sink: any ChunkSink
  private let writer = ChunkWriter()
  private var encoder: VideoEncoder
  /// The parameter sets of the header, with which each key frame begins: a session before may have
  /// passed its source through, with another header.
  private let sets: [UInt8]
  /// `sequence_number` of the next chunk; nil before the first one.
  ///
  /// Consecutive numbers, also if a frame is shown for several frame times: some players take
  /// others for a seek.
  private var nextSequence: UInt32?

  /// Opens the encoder and describes the track to the sink.
  ///
  /// - Throws: the encoder's error.
  init(
    _ configuration: StreamConfiguration, _ rendition: RenditionSettings,
    window sink: any ChunkSink
  ) throws(FFmpegError) {
    let encoder = try VideoEncoder(
      EncoderSettings(
        size: rendition.size, rate: configuration.segmentation.grid.rate,
        bitrateKilobits: rendition.bitrateKilobits, encoder: configuration.encoder,
        preset: configuration.preset, levelKilobits: configuration.levelKilobits(of: rendition)))
    let header = try FFmpegError.checked(
      encoder.initSegment(), timescale: Int(configuration.segmentation.grid.rate.timescale),
      codecs: encoder.codecString)
    sink.describe(
      TrackDescription(
        rendition, configuration.segmentation, codecs: encoder.codecString, size: rendition.size,
        header: header))
    segmentation = configuration.segmentation
    keyDistance = configuration.keyDistance
    self.sink = sink
    sets = encoder.parameterSets.units
    self.encoder = encoder
  }

  /// Why another encoder than the requested one is used; nil if the requested one is used.
  var fallbackReason: String? { encoder.fallbackReason }
  /// The encoder that was opened.
  var encoderName: String { encoder.name }

  /// Whether the encoder returns each frame at once; others may delay some.
  var returnsFramesAtOnce: Bool { encoder.name == EncoderSettings.defaultEncoder }

  /// Encodes a frame with its captions; each segment begins with an IDR, and may have more, also on
  /// request.
  mutating func encode(
    _ frame: VideoFrame, frameIndex: Int64, isKey: Bool = false, captions: [UInt8] = []
  ) throws(FFmpegError) -> [EncodedFrame] {
    try encoder.encode(
      frame, pts: segmentation.grid.ticks(frameIndex),
      independent: isKey || segmentation.position(of: frameIndex) % keyDistance == 0,
      captions: captions)
  }

  /// See ``VideoEncoder/hurry(_:)``.
  mutating func hurry(_ isWanted: Bool) { encoder.hurry(isWanted) }

  /// Publishes an encoded frame.
  ///
  /// - Parameters:
  ///   - coded: the encoded frame.
  ///   - frameIndex: its index on the grid.
  ///   - frames: the number of frame times for which it is shown.
  ///   - captured: its capture time.
  ///   - isStill: whether the rendition is left out.
  /// - Returns: the published chunk.
  mutating func publish(
    _ coded: EncodedFrame, frameIndex: Int64, frames: Int64, captured: WallTime,
    isStill: Bool = false
  ) -> Chunk {
    let chunk = chunk(
      coded, frameIndex: frameIndex, frames: frames, captured: captured,
      published: SystemClock.wallTime, isStill: isStill)
    sink.publish(chunk)
    return chunk
  }

  /// Appends an encoded frame of the prefill to the window; its capture time is its frame time.
  mutating func prefill(_ coded: EncodedFrame, frameIndex: Int64) {
    let frameTime = WallTime(segmentation.grid.frameTime(of: frameIndex), plus: .zero)
    sink.appendPrefill(
      chunk(coded, frameIndex: frameIndex, captured: frameTime, published: .origin))
  }

  private mutating func chunk(
    _ coded: EncodedFrame, frameIndex: Int64, frames: Int64 = 1, captured: WallTime,
    published: WallTime, isStill: Bool = false
  ) -> Chunk {
    // bounded: at most the frames of a part
    let duration = frames * segmentation.grid.rate.ticksPerFrame
    let sequence = nextSequence ?? UInt32(truncatingIfNeeded: frameIndex + 1)
    // bounded: the numbers wrap around
    nextSequence = sequence &+ 1
    let sample = Sample(
      payload: coded.isIndependent ? sets + coded.bytes : coded.bytes,
      decodeTime: segmentation.grid.ticks(frameIndex),
      duration: UInt32(duration), captured: captured,
      sequence: sequence, isSync: coded.isIndependent)
    return Chunk(
      frameIndex: frameIndex, frames: frames, isIndependent: coded.isIndependent,
      isStill: isStill, duration: duration,
      captured: captured, published: published,
      bytes: writer.chunk(sample, startsSegment: segmentation.position(of: frameIndex) == 0))
  }
}
