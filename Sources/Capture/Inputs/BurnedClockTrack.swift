// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Ingest
package import Time

/// Reads the burned clock of the frames of a CMAF video track: H.264 or HEVC of 8 bits.
///
/// Confined to one thread.
package final class BurnedClockTrack {
  /// Why the frames cannot be decoded.
  package struct Fault: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  private var reader = TrackReader()
  private var depacketizer: VideoDepacketizer?
  private var decoder: VideoDecoder?
  /// Whether a key frame has arrived.
  private var hasBegun = false

  /// A track before its header.
  package init() {}

  /// Another body of the same track begins.
  package func beginBody() { reader.beginBody() }

  /// Takes the header of the track, and then media.
  ///
  /// Frames before the first key frame are left out.
  ///
  /// - Returns: the times of the frames that `bytes` complete; nil for a frame without a clock.
  /// - Throws: if the bytes are no track, or it cannot be decoded. Discard the object then.
  package func take(_ bytes: [UInt8]) throws(Fault) -> [WallTime?] {
    reader.append(bytes)
    var times: [WallTime?] = []
    while let unit = try next() {
      switch unit {
      case .configuration(let configuration): try begin(configuration)
      case .sample(let sample): times += take(sample)
      case .texts: throw Fault(description: "the track is not video")
      case .event: break
      }
    }
    return times
  }

  private func next() throws(Fault) -> TrackReader.Unit? {
    do throws(TrackError) { return try reader.next() } catch {
      throw Fault(description: "\(error)")
    }
  }

  private func begin(_ track: TrackConfiguration) throws(Fault) {
    guard let codec = PassThroughCodec(track.codec) else {
      throw Fault(
        description: track.codec == .vp8 ? "VP8 is not read" : "the track is not video")
    }
    var depacketizer = VideoDepacketizer(codec, sizeLimit: FrameSizeLimit())
    depacketizer.take(extradata: track.setup)
    do throws(FFmpegError) { decoder = try VideoDecoder(depacketizer.video) } catch {
      throw Fault(description: "\(error)")
    }
    self.depacketizer = depacketizer
    hasBegun = false
  }

  private func take(_ sample: TrackSample) -> [WallTime?] {
    hasBegun = hasBegun || sample.isKey
    guard hasBegun else { return [] }
    func time(_ ticks: Int64) -> SourceTime {
      .origin + Interval(ticks: ticks, timescale: Int64(sample.timescale))
    }
    let units =
      depacketizer?.take(
        sample.bytes.span, pts: time(sample.pts), dts: time(sample.dts), isKey: sample.isKey,
        arrival: .origin, senderTime: nil) ?? []
    return units.flatMap { unit in (decoder?.decode(unit) ?? []).map(\.burnedTime) }
  }
}

extension DecodedFrame {
  /// The time of the burned clock; nil if none is readable, or the luma has more than 8 bits.
  fileprivate var burnedTime: WallTime? {
    guard let format = unsafe av_pix_fmt_desc_get(AVPixelFormat(frame.pointee.format)),
      unsafe format.pointee.comp.0.depth == 8, unsafe format.pointee.comp.0.step == 1,
      let luma = unsafe cff_plane(frame, 0)
    else { return nil }
    let stride = Int(unsafe cff_stride(frame, 0))
    let (width, height) = unsafe (Int(frame.pointee.width), Int(frame.pointee.height))
    let milliseconds = BurnedClock.read(width: width, height: height) { x, y in
      // bounded: a pixel of the frame
      unsafe luma[y * stride + x]
    }
    return milliseconds.map { .origin + .milliseconds($0) }
  }
}
