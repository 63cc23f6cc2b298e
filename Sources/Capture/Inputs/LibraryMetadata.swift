// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media
import Time

/// The metadata streams of an input that libavformat reads: SCTE-35, ID3 and KLV.
///
/// Confined to one thread.
struct LibraryMetadata {
  /// The largest distance of the time of a packet from that of the newest access unit.
  private static let reach = Interval.seconds(10)

  /// The newest timestamp of video: in ticks of its stream, and unwrapped.
  private var newest: (ticks: Int64, pts: SourceTime)?

  /// Notes the timestamp of an access unit.
  mutating func note(ticks: Int64, pts: SourceTime) { newest = (ticks, pts) }

  /// The format of a stream; nil if it is none of metadata.
  @unsafe
  static func format(_ parameters: UnsafePointer<AVCodecParameters>) -> MetadataPacket.Format? {
    switch unsafe parameters.pointee.codec_id {
    case AV_CODEC_ID_SCTE_35: .splice
    case AV_CODEC_ID_TIMED_ID3: .id3
    case AV_CODEC_ID_SMPTE_KLV: .klv(isSynchronous: false)
    default: nil
    }
  }

  /// The unit of a packet.
  ///
  /// Sets without a timestamp belong to the newest access unit, as do packets whose timestamp is
  /// far from it. Their own timestamps are not used to unwrap those of the media.
  /// - Parameters:
  ///   - format: the format of the stream.
  ///   - bytes: the packet.
  ///   - ticks: its timestamp; nil if it has none.
  ///   - base: the duration of a tick.
  ///   - arrival: when it was read.
  /// - Returns: the unit; nil before the first access unit, whose time it needs.
  mutating func take(
    _ format: MetadataPacket.Format, _ bytes: [UInt8], ticks: Int64?,
    base: (numerator: Int64, denominator: Int64), arrival: MonotonicTime
  ) -> MetadataPacket? {
    guard let newest, !bytes.isEmpty else { return nil }
    var (pts, format) = (newest.pts, format)
    if let ticks, case .klv = format { format = .klv(isSynchronous: ticks >= 0) }
    if let ticks, format != .splice {
      // 33 bits in transport streams; others do not wrap.
      let round = Int64(1) << 33
      // bounded: the remainder by the round corrects a wrap
      var difference = (ticks &- newest.ticks) % round
      if difference >= round / 2 { difference -= round }
      if difference < -round / 2 { difference += round }
      let distance = Interval(
        ticks: difference.multipliedSaturated(by: base.numerator), timescale: base.denominator)
      if distance.magnitude <= Self.reach { pts = newest.pts + distance }
    }
    return MetadataPacket(
      format: format, bytes: bytes, pts: pts, ticks: newest.ticks, arrival: arrival)
  }
}
