// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// What a container says of a codec, as libavcodec wants to own it.
enum Extradata {
  /// A copy in libavcodec's memory, with the padding that its readers run into; whoever takes it frees it by `av_free`.
  ///
  /// - Throws: where there is no memory.
  static func copy(_ bytes: [UInt8]) throws(FFmpegError) -> UnsafeMutablePointer<UInt8> {
    guard let memory = unsafe av_mallocz(bytes.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)) else {
      throw FFmpegError("av_mallocz", CFF_ENOMEM)
    }
    unsafe memory.copyMemory(from: bytes, byteCount: bytes.count)
    return unsafe memory.assumingMemoryBound(to: UInt8.self)
  }
}
