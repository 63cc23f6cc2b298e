// SPDX-License-Identifier: Apache-2.0

import CMAF
import Capture
import Media
import Packaging
import Sharing

/// One rendition: its encoder, its chunk writer and its window.
///
/// Confined to the rendition's thread.
struct VideoTrack: ~Copyable {
  private let segmentation: Segmentation
  private let keyDistance: Int64
  private let window: LiveWindow
  private let writer = ChunkWriter()
  private var encoder: VideoEncoder

  /// Opens the encoder and describes the track to the window.
  ///
  /// - Throws: the encoder's error.
  init(
    _ configuration: StreamConfiguration, _ rendition: RenditionSettings, window: LiveWindow
  ) throws(FFmpegError) {
    let encoder = try VideoEncoder(
      EncoderSettings(
        size: rendition.size, rate: configuration.segmentation.grid.rate,
        bitrateKilobits: rendition.bitrateKilobits, encoder: configuration.encoder,
        preset: configuration.preset))
    let header = try FFmpegError.checked(
      encoder.initSegment(), timescale: Int(configuration.segmentation.grid.rate.timescale),
      codecs: encoder.codecString)
    window.describe(
      TrackDescription(
        rendition: rendition.name, codecs: encoder.codecString,
        bandwidth: rendition.peakBandwidth(configuration.segmentation),
        averageBandwidth: rendition.averageBandwidth(configuration.segmentation),
        size: rendition.size,
        segmentation: configuration.segmentation, header: header))
    segmentation = configuration.segmentation
    keyDistance = configuration.keyDistance
    self.window = window
    self.encoder = encoder
  }

  /// Why another encoder than the one asked for was opened; nil if it is the one.
  var fallbackReason: String? { encoder.fallbackReason }
  /// The encoder that was opened.
  var encoderName: String { encoder.name }

  /// Encodes a picture as frame `frame`; segments begin with an IDR, and may have more.
  mutating func encode(_ picture: VideoFrame, frame: Int64) throws(FFmpegError) -> [EncodedFrame] {
    try encoder.encode(
      picture, pts: segmentation.grid.ticks(frame),
      independent: segmentation.position(of: frame) % keyDistance == 0)
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
    let tick = segmentation.grid.nanoseconds(frame)
    window.appendPrefill(chunk(coded, frame: frame, captured: tick, published: 0))
  }

  private func chunk(
    _ coded: EncodedFrame, frame: Int64, captured: Int64, published: Int64
  ) -> Chunk {
    let duration = segmentation.grid.rate.ticksPerFrame
    let sample = Sample(
      payload: coded.bytes, decodeTime: segmentation.grid.ticks(frame), duration: UInt32(duration),
      captured: captured, sequence: UInt32(truncatingIfNeeded: frame + 1),
      isSync: coded.isIndependent)
    return Chunk(
      frame: frame, isIndependent: coded.isIndependent, duration: duration, captured: captured,
      published: published,
      bytes: writer.chunk(sample, startsSegment: segmentation.position(of: frame) == 0))
  }
}
