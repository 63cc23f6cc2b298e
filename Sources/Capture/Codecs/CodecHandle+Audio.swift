// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg

/// Encoders and decoders of audio.
extension CodecHandle {
  /// Opens the AAC-LC encoder.
  convenience init(encoder settings: AudioEncoderSettings) throws(FFmpegError) {
    guard let codec = unsafe avcodec_find_encoder(AV_CODEC_ID_AAC) else {
      throw FFmpegError(refused: "libavcodec has no AAC encoder")
    }
    try unsafe self.init(codec)
    unsafe pointer.pointee.sample_rate = settings.sampleRate
    unsafe pointer.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
    // bounded: a checked setting
    unsafe pointer.pointee.bit_rate = Int64(settings.bitrateKilobits) * 1000
    unsafe pointer.pointee.time_base = AVRational(num: 1, den: settings.sampleRate)
    unsafe pointer.pointee.profile = CFF_PROFILE_AAC_LOW
    unsafe pointer.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
    unsafe av_channel_layout_default(&pointer.pointee.ch_layout, Int32(settings.channels))
    try open(naming: "aac at \(settings.sampleRate) Hz")
  }

  /// Opens an encoder by its name, with a layout of libavutil.
  convenience init(
    encoder name: String, sampleRate: Int32, layout: UInt64, bitrateKilobits: Int
  ) throws(FFmpegError) {
    guard let codec = unsafe avcodec_find_encoder_by_name(name) else {
      throw FFmpegError(refused: "libavcodec has no encoder '\(name)'")
    }
    try unsafe self.init(codec)
    unsafe pointer.pointee.sample_rate = sampleRate
    unsafe pointer.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
    // bounded: at most a few Mbit/s
    unsafe pointer.pointee.bit_rate = Int64(bitrateKilobits) * 1000
    unsafe pointer.pointee.time_base = AVRational(num: 1, den: sampleRate)
    unsafe av_channel_layout_from_mask(&pointer.pointee.ch_layout, layout)
    try open(naming: "\(name) at \(sampleRate) Hz")
  }

  /// Opens a decoder by libavcodec's name of the codec, such as `aac` or `opus`.
  convenience init(
    decoder name: String, extradata: [UInt8], sampleRate: Int32, channels: Int
  ) throws(FFmpegError) {
    guard let description = unsafe avcodec_descriptor_get_by_name(name),
      let codec = unsafe avcodec_find_decoder(description.pointee.id),
      unsafe codec.pointee.type == AVMEDIA_TYPE_AUDIO
    else { throw FFmpegError(refused: "libavcodec has no audio decoder for '\(name)'") }
    try unsafe self.init(codec)
    unsafe pointer.pointee.sample_rate = sampleRate
    if channels > 0 {
      unsafe av_channel_layout_default(&pointer.pointee.ch_layout, Int32(channels))
    }
    unsafe pointer.pointee.flags |= Int32(AV_CODEC_FLAG_LOW_DELAY)
    unsafe pointer.pointee.thread_count = 1
    try setExtradata(extradata)
    try open(naming: name)
  }

  /// The decoder configuration that an encoder declares before its first packet.
  var extradata: [UInt8] {
    guard let start = unsafe pointer.pointee.extradata else { return [] }
    return unsafe Array(
      UnsafeBufferPointer(start: start, count: Int(pointer.pointee.extradata_size)))
  }

  private func open(naming detail: String) throws(FFmpegError) {
    let opened = unsafe open()
    if opened.result < 0 {
      throw FFmpegError(
        "avcodec_open2", opened.result, ([detail] + opened.lines).joined(separator: ": "))
    }
  }
}
