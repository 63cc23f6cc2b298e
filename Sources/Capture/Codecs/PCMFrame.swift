// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// A reusable AVFrame of planar floats.
///
/// Confined to one thread.
@safe
final class PCMFrame {
  @unsafe let pointer: UnsafeMutablePointer<AVFrame>
  let channels: Int
  /// The largest number of samples per channel.
  let capacity: Int

  init(sampleRate: Int32, channels: Int, capacity: Int) throws(FFmpegError) {
    guard let frame = unsafe cff_audio_frame(sampleRate, Int32(channels), Int32(capacity)) else {
      throw FFmpegError(noMemory: "av_frame_get_buffer")
    }
    unsafe pointer = frame
    self.channels = channels
    self.capacity = capacity
  }

  /// A frame with a layout of libavutil.
  convenience init(sampleRate: Int32, layout: UInt64, capacity: Int) throws(FFmpegError) {
    try self.init(
      sampleRate: sampleRate, channels: layout.nonzeroBitCount, capacity: capacity)
    unsafe av_channel_layout_from_mask(&pointer.pointee.ch_layout, layout)
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = unsafe pointer
    unsafe av_frame_free(&frame)
  }

  /// Copies a block of at most `capacity` samples into the frame; missing channels are silent.
  ///
  /// If a codec still refers to the memory, the frame gets new memory.
  ///
  /// - Parameters:
  ///   - block: the samples.
  ///   - isLimited: whether samples are limited to −1 … 1, and samples that are no numbers, or
  ///     infinite, become 0.
  /// - Throws: ``FFmpegError`` if no memory is available.
  func fill(_ block: PCMBlock, isLimited: Bool = false) throws(FFmpegError) {
    try FFmpegError.check("av_frame_make_writable", unsafe av_frame_make_writable(pointer))
    let count = min(block.count, capacity)
    unsafe pointer.pointee.nb_samples = Int32(count)
    for channel in 0..<channels {
      guard let target = unsafe cff_channel(pointer, Int32(channel)) else { continue }
      let samples = unsafe UnsafeMutableBufferPointer(start: target, count: count)
      if channel < block.channels {
        _ = unsafe samples.update(fromContentsOf: block.planes[channel].prefix(count))
        guard isLimited else { continue }
        for index in samples.indices { unsafe samples[index] = Self.limited(samples[index]) }
      } else {
        unsafe samples.update(repeating: 0)
      }
    }
  }

  private static func limited(_ sample: Float) -> Float {
    sample.isFinite ? min(1, max(-1, sample)) : 0
  }

  /// A copy of the first `count` samples.
  func block(count: Int) -> PCMBlock {
    PCMBlock(
      planes: (0..<channels).map { channel in
        unsafe Array(UnsafeBufferPointer(start: cff_channel(pointer, Int32(channel)), count: count))
      })
  }
}
