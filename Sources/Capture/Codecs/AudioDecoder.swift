// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// Sound that came out of a decoder.
package struct DecodedAudio: Sendable {
  /// The time its packet came with, in the caller's unit; nil where the decoder does not say.
  package let pts: Int64?
  /// Samples a second.
  package let sampleRate: Int32
  /// The samples.
  package let audio: PCMBlock
}

/// Decodes an input's sound; one thread's own.
package struct AudioDecoder: ~Copyable, @unchecked Sendable {
  private let codec: AudioCodec
  private let packet: PacketHandle
  private let frame: FrameHandle
  /// Packets that could not be decoded.
  package private(set) var damaged = 0

  /// Opens a decoder.
  ///
  /// - Parameters:
  ///   - codec: libavcodec's name of the codec (not of a decoder), such as `aac`, `opus`, `mp3`, `pcm_alaw`.
  ///   - extradata: what the container says of the codec, such as an AudioSpecificConfig; empty for none.
  ///   - sampleRate: as the container says; 0 where it does not.
  ///   - channels: as the container says; 0 where it does not.
  /// - Throws: where there is no such decoder, or it refuses to open.
  package init(
    codec: String, extradata: [UInt8], sampleRate: Int32, channels: Int
  ) throws(FFmpegError) {
    let opened = try AudioCodec(
      decoder: codec, extradata: extradata, sampleRate: sampleRate, channels: channels)
    let packet = try PacketHandle()
    let frame = try FrameHandle()
    self.codec = opened
    self.packet = packet
    self.frame = frame
  }

  /// Decodes one packet.
  ///
  /// - Returns: what the decoder gives back; nothing for a damaged packet, which is counted.
  /// - Throws: where there is no memory, or the sound has a format that nobody knows.
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
    let (samples, channels) = unsafe (
      Int(frame.pointer.pointee.nb_samples), frame.pointer.pointee.ch_layout.nb_channels
    )
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
    return unsafe DecodedAudio(
      pts: pts == CFF_NOPTS ? nil : pts, sampleRate: frame.pointer.pointee.sample_rate,
      audio: PCMBlock(planes: planes))
  }
}
