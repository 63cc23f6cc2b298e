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
