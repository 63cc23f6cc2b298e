// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// Decoder configurations of containers in the form that libavcodec owns.
enum Extradata {
  /// The configuration of a track; empty if it has none.
  @unsafe
  static func of(_ parameters: UnsafePointer<AVCodecParameters>) -> [UInt8] {
    unsafe Array(
      UnsafeBufferPointer(
        start: parameters.pointee.extradata, count: Int(parameters.pointee.extradata_size)))
  }

  /// A copy in libavcodec's memory, with the padding that its readers require.
  ///
  /// The owner frees it by `av_free`.
  /// - Throws: ``FFmpegError`` if no memory is available.
  static func copy(_ bytes: [UInt8]) throws(FFmpegError) -> UnsafeMutablePointer<UInt8> {
    guard let memory = unsafe av_mallocz(bytes.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)) else {
      throw FFmpegError(noMemory: "av_mallocz")
    }
    unsafe memory.copyMemory(from: bytes, byteCount: bytes.count)
    return unsafe memory.assumingMemoryBound(to: UInt8.self)
  }
}
