// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

extension DolbyConfiguration {
  /// The bitrates that the encoder accepts at all sample rates, in kbit/s.
  private static let encodedBitrates = 64...640

  /// The channels of each acmod as a layout of libavutil.
  private static let layouts: [UInt64] = [0x3, 0x4, 0x3, 0x7, 0x103, 0x107, 0x603, 0x607]
  private static let lowFrequencies: UInt64 = 0x8

  /// An access unit of silence in the channels of the program, without dependent substreams.
  ///
  /// - Throws: ``FFmpegError`` of libavcodec's encoder.
  package func silence() throws(FFmpegError) -> [UInt8] {
    let layout = Self.layouts[acmod] | (hasLFE ? Self.lowFrequencies : 0)
    let name = isEnhanced ? "eac3" : "ac3"
    let limits = Self.encodedBitrates
    let codec = try CodecHandle(
      encoder: name, sampleRate: sampleRate, layout: layout,
      bitrateKilobits: min(max(bitrateKilobits, limits.lowerBound), limits.upperBound))
    let samples = Int(Self.samplesPerFrame)
    let frame = try PCMFrame(sampleRate: sampleRate, layout: layout, capacity: samples)
    let packet = try PacketHandle()
    // An access unit has the transform of samples before it, which are silent too.
    let silence = PCMBlock.silence(channels: frame.channels, count: samples)
    for index in 0..<Int64(2) {
      try frame.fill(silence)
      unsafe frame.pointer.pointee.pts = index * Self.samplesPerFrame  // bounded: 0 or 1
      try FFmpegError.check(
        "avcodec_send_frame", unsafe avcodec_send_frame(codec.pointer, frame.pointer), name)
      if let (_, bytes) = try unsafe packet.receiveBytes(from: codec.pointer, name) { return bytes }
    }
    throw FFmpegError(refused: "the encoder \(name) gives no silence")
  }
}
