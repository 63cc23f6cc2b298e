// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import CMAF
internal import Media

/// One access unit of an `avc1` track.
package struct EncodedFrame: Sendable {
  /// The timestamp given with its frame, in ticks.
  package internal(set) var pts: Int64
  /// Whether it is an IDR, with which a segment may start.
  package let isIndependent: Bool
  /// Captions and slices, each after its length in four bytes; no parameter sets, delimiters or
  /// other SEI.
  package let bytes: [UInt8]
  /// The parameter sets that the packet contained; removed from ``bytes``.
  let parameterSets: ParameterSets?
}

/// A reusable AVPacket.
///
/// Confined to one thread.
@safe
final class PacketHandle {
  @unsafe let pointer: UnsafeMutablePointer<AVPacket>

  init() throws(FFmpegError) {
    guard let packet = unsafe av_packet_alloc() else {
      throw FFmpegError(noMemory: "av_packet_alloc")
    }
    unsafe pointer = packet
  }

  deinit {
    var packet: UnsafeMutablePointer<AVPacket>? = unsafe pointer
    unsafe av_packet_free(&packet)
  }

  /// The next access unit; nil if the encoder needs another frame first (`EAGAIN`).
  func receive(from codec: CodecContext) throws(FFmpegError) -> EncodedFrame? {
    let result = unsafe avcodec_receive_packet(codec.pointer, pointer)
    if result == CFF_EAGAIN { return nil }
    try FFmpegError.check("avcodec_receive_packet", result, codec.name)
    defer { unsafe av_packet_unref(pointer) }
    guard let data = unsafe pointer.pointee.data else { return nil }
    let source = unsafe UnsafeBufferPointer(start: data, count: Int(pointer.pointee.size))
    let units = unsafe NALUnits.ranges(in: source.span, codec.framing)
    let kept = units.filter { unsafe Self.isKept(source.span.extracting($0)) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(kept.reduce(0) { $0 + 4 + $1.count })
    for unit in kept {
      bytes.put(UInt32(unit.count))
      unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: source[unit]))
    }
    // The packet's key flag also marks recovery points, with which a segment must not start.
    let independent = kept.contains {
      unsafe NALCodec.h264.kind(source[$0.lowerBound]) == .keySlice
    }
    return unsafe EncodedFrame(
      pts: pointer.pointee.pts, isIndependent: independent, bytes: bytes,
      parameterSets: kept.count == units.count ? nil : ParameterSets(source.span, codec.framing))
  }

  /// Whether a sample keeps a unit: slices, and SEI with captions.
  ///
  /// Parameter sets are in the CMAF header; players ignore delimiters, other SEI and filler.
  private static func isKept(_ unit: Span<UInt8>) -> Bool {
    let kind = NALCodec.h264.kind(unit[0])
    return kind.isSlice
      || kind == .information && CaptionData(unit: unit.array[...], .h264) != nil
  }

  /// The next packet with its timestamp; nil if the encoder needs more input or has ended.
  @unsafe
  func receiveBytes(
    from codec: UnsafeMutablePointer<AVCodecContext>, _ name: String
  ) throws(FFmpegError) -> (pts: Int64, bytes: [UInt8])? {
    let result = unsafe avcodec_receive_packet(codec, pointer)
    if result == CFF_EAGAIN || result == CFF_EOF { return nil }
    try FFmpegError.check("avcodec_receive_packet", result, name)
    defer { unsafe av_packet_unref(pointer) }
    let bytes = unsafe UnsafeBufferPointer(
      start: pointer.pointee.data, count: Int(pointer.pointee.size))
    return unsafe (pointer.pointee.pts, Array(bytes))
  }

  /// Copies `bytes` into the packet, which is empty, with the padding that decoders read.
  ///
  /// - Returns: the result of `av_new_packet`.
  @unsafe
  func fill(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    let result = unsafe av_new_packet(pointer, Int32(clamping: bytes.count))
    if result >= 0, let start = bytes.baseAddress, let data = unsafe pointer.pointee.data {
      unsafe UnsafeMutableRawPointer(data).copyMemory(from: start, byteCount: bytes.count)
    }
    return result
  }

  /// Copies `bytes` into the packet, which is empty; the result of `av_new_packet`.
  func fill(_ bytes: [UInt8]) -> Int32 { unsafe bytes.withUnsafeBytes { unsafe fill($0) } }

  /// Releases the content.
  func clear() { unsafe av_packet_unref(pointer) }

  /// Sends a copy of `bytes` to a decoder; the result of `avcodec_send_packet`.
  @unsafe
  func send(
    _ bytes: [UInt8], pts: Int64, to codec: UnsafeMutablePointer<AVCodecContext>
  ) throws(FFmpegError) -> Int32 {
    try FFmpegError.check("av_new_packet", fill(bytes))
    defer { clear() }
    unsafe pointer.pointee.pts = pts
    unsafe pointer.pointee.dts = pts
    return unsafe avcodec_send_packet(codec, pointer)
  }
}
