// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// The output of an audio decoder.
package struct DecodedAudio: Sendable {
  /// The timestamp of its packet, in the caller's unit; nil if the decoder reports none.
  package let pts: Int64?
  /// The sample rate in Hz.
  package let sampleRate: Int32
  /// The samples.
  package let audio: PCMBlock
}

/// Decodes the audio of an input.
///
/// Confined to one thread.
package struct AudioDecoder: ~Copyable, @unchecked Sendable {
  /// The numbers of channels that libswresample can convert.
  private static let channels: ClosedRange<Int32> = 1...8
  /// No real source has another rate: each sample of a lower rate would become hundreds, and the
  /// filter for a higher rate needs memory in proportion to the rate.
  private static let sampleRates: ClosedRange<Int32> = 1000...768_000
  /// The largest duration of a packet, in seconds.
  private static let maximumPacketFrames = 10

  private let codec: CodecHandle
  private let packet: PacketHandle
  private let frame: FrameHandle
  /// The number of packets that could not be decoded.
  package private(set) var damaged = 0

  /// Opens a decoder.
  ///
  /// - Parameters:
  ///   - codec: libavcodec's name of the codec (not of a decoder), such as `aac`, `opus`, `mp3`,
  ///     `pcm_alaw`.
  ///   - extradata: the decoder configuration of the container, such as an AudioSpecificConfig; may
  ///     be empty.
  ///   - sampleRate: the declared rate in Hz; 0 if undeclared.
  ///   - channels: the declared number of channels; 0 if undeclared.
  /// - Throws: ``FFmpegError`` if no such decoder exists, or it cannot be opened.
  package init(
    codec: String, extradata: [UInt8], sampleRate: Int32, channels: Int
  ) throws(FFmpegError) {
    let opened = try CodecHandle(
      decoder: codec, extradata: extradata, sampleRate: sampleRate, channels: channels)
    let packet = try PacketHandle()
    let frame = try FrameHandle()
    self.codec = opened
    self.packet = packet
    self.frame = frame
  }

  /// Decodes one packet.
  ///
  /// - Returns: the output of the decoder; empty for a damaged packet, which is counted.
  /// - Throws: ``FFmpegError`` if no memory is available, or the samples cannot be converted: their
  ///   format, number of channels, rate or duration.
  package mutating func decode(
    _ bytes: [UInt8], pts: Int64
  ) throws(FFmpegError) -> [DecodedAudio] {
    guard try unsafe packet.send(bytes, pts: pts, to: codec.pointer) >= 0 else {
      damaged += 1
      return []
    }
    var audios: [DecodedAudio] = []
    while unsafe avcodec_receive_frame(codec.pointer, frame.pointer) >= 0 {
      defer { frame.clear() }
      audios.append(try taken())
    }
    return audios
  }

  private func taken() throws(FFmpegError) -> DecodedAudio {
    let (samples, channels, rate) = unsafe (
      Int(frame.pointer.pointee.nb_samples), frame.pointer.pointee.ch_layout.nb_channels,
      frame.pointer.pointee.sample_rate
    )
    guard Self.channels.contains(channels) else {
      throw FFmpegError(refused: "\(channels) channels (expected \(Self.channels.text))")
    }
    guard Self.sampleRates.contains(rate) else {
      throw FFmpegError(refused: "\(rate) Hz (expected \(Self.sampleRates.text) Hz)")
    }
    // bounded: the rate is in `sampleRates`
    guard samples <= Self.maximumPacketFrames * Int(rate) else {
      throw FFmpegError(
        refused:
          "a packet of \(samples / Int(rate)) s (expected at most \(Self.maximumPacketFrames) s)")
    }
    var planes: [[Float]] = []
    for channel in 0..<channels {
      var plane = [Float](repeating: 0, count: samples)
      let result = unsafe plane.withUnsafeMutableBufferPointer {
        unsafe cff_channel_floats(frame.pointer, channel, $0.baseAddress)
      }
      try FFmpegError.check("av_get_packed_sample_fmt", result)
      planes.append(plane)
    }
    let pts = unsafe frame.pointer.pointee.pts
    return DecodedAudio(
      pts: pts == CFF_NOPTS ? nil : pts, sampleRate: rate, audio: PCMBlock(planes: planes))
  }
}

extension ClosedRange {
  /// The bounds for an error message.
  fileprivate var text: String { "\(lowerBound)–\(upperBound)" }
}
