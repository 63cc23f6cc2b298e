internal import CFFmpeg

/// What an encoder gave back, as a sample of an `avc1` track.
struct CodedPacket {
  let pts: Int64
  let isIndependent: Bool
  let bytes: [UInt8]
  /// Those the packet had in it; they are not in `bytes`.
  let parameterSets: ParameterSets?
}

/// An AVPacket that is used again and again; one thread's own.
@safe
final class PacketHandle {
  private let pointer: UnsafeMutablePointer<AVPacket>

  init() throws(FFmpegError) {
    guard let packet = unsafe av_packet_alloc() else {
      throw FFmpegError("av_packet_alloc", CFF_ENOMEM)
    }
    unsafe pointer = packet
  }

  deinit {
    var packet: UnsafeMutablePointer<AVPacket>? = unsafe pointer
    unsafe av_packet_free(&packet)
  }

  /// Takes the next coded picture; nil when the encoder wants another picture first (`EAGAIN`).
  func receive(from codec: CodecContext) throws(FFmpegError) -> CodedPacket? {
    let result = unsafe avcodec_receive_packet(codec.pointer, pointer)
    if result == CFF_EAGAIN { return nil }
    try FFmpegError.check("avcodec_receive_packet", result, codec.name)
    defer { unsafe av_packet_unref(pointer) }
    guard let data = unsafe pointer.pointee.data else { return nil }
    let source = unsafe UnsafeBufferPointer(start: data, count: Int(pointer.pointee.size))
    let units = unsafe NALUnits.ranges(in: source.span, codec.framing)
    let slices = units.filter { unsafe NALUnits.isSlice(NALUnits.type(source[$0.lowerBound])) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(slices.reduce(0) { $0 + 4 + $1.count })
    for slice in slices {
      unsafe withUnsafeBytes(of: UInt32(slice.count).bigEndian) {
        unsafe bytes.append(contentsOf: $0)
      }
      unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: source[slice]))
    }
    // The packet's key flag also stands on recovery points, with which a segment must not begin.
    let independent = slices.contains {
      unsafe NALUnits.type(source[$0.lowerBound]) == NALUnits.idr
    }
    return unsafe CodedPacket(
      pts: pointer.pointee.pts, isIndependent: independent, bytes: bytes,
      parameterSets: slices.count == units.count ? nil : ParameterSets(source.span, codec.framing))
  }
}
