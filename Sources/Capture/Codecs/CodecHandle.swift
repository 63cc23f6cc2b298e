// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// The context of an encoder or a decoder of libavcodec.
///
/// Confined to one thread.
@safe
final class CodecHandle {
  @unsafe let pointer: UnsafeMutablePointer<AVCodecContext>
  private let codec: UnsafePointer<AVCodec>

  /// A context that is not open; its owner sets its fields.
  ///
  /// - Throws: ``FFmpegError`` with `detail` if no memory is available.
  @unsafe
  init(_ codec: UnsafePointer<AVCodec>, _ detail: String = "") throws(FFmpegError) {
    FFmpegLog.installed
    guard let context = unsafe avcodec_alloc_context3(codec) else {
      throw FFmpegError(noMemory: "avcodec_alloc_context3", detail)
    }
    unsafe pointer = context
    unsafe self.codec = codec
  }

  deinit {
    var context: UnsafeMutablePointer<AVCodecContext>? = unsafe pointer
    unsafe avcodec_free_context(&context)
  }

  /// Sets the configuration of a container, if there is one, before the codec is opened.
  func setExtradata(_ bytes: [UInt8]) throws(FFmpegError) {
    guard !bytes.isEmpty else { return }
    unsafe pointer.pointee.extradata = try Extradata.copy(bytes)
    unsafe pointer.pointee.extradata_size = Int32(clamping: bytes.count)
  }

  /// Opens the codec: the result of `avcodec_open2`, and the lines that it has logged.
  func open(
    _ options: UnsafeMutablePointer<OpaquePointer?>? = nil
  ) -> (result: Int32, lines: [String]) {
    FFmpegLog.collecting { unsafe avcodec_open2(pointer, codec, options) }
  }
}
