// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
import Time

extension InputOptions {
  /// The options of libavformat with which an address is opened; free the dictionary.
  @unsafe
  func dictionary(for address: InputAddress) -> OpaquePointer? {
    var dictionary: OpaquePointer?
    func set(_ name: String, _ value: String) {
      unsafe av_dict_set(&dictionary, name, value, 0)
    }
    // The demuxer of MPEG-TS ends a packet at this size, by default 204,800 bytes, and drops the
    // rest of the access unit. Other demuxers ignore the option.
    set("max_packet_size", "\(AccessUnitAssembler.most)")
    set("protocol_whitelist", address.kind.protocols)
    if !reachesOtherHosts, address.playlistHost != nil {
      set("format_whitelist", Demuxers.confined)
    }
    switch address.kind {
    case .rtsp:
      // The other one is tried if the server answers 461. Over TLS datagrams would be in the clear.
      set("rtsp_transport", address.isSecureRTSP ? "tcp" : "tcp+udp")
      if rtspTransport == .tcp { set("rtsp_flags", "prefer_tcp") }
      set("allowed_media_types", "video+audio")
      // Longer than the limits of this program, which discard packets that the library delayed.
      let limit = max(silenceLimit, rtspAnswerLimit) + .seconds(5)
      set("timeout", "\(limit.microseconds)")
      set("user_agent", "streamer")
      // The wait for a missing datagram, in microseconds.
      set("max_delay", "100000")
    case .srt:
      set("probesize", "32")
      if !address.raw.contains("connect_timeout") { set("connect_timeout", "3000") }
    case .udp:
      set("probesize", "32")
      set("overrun_nonfatal", "1")
      set("buffer_size", "1048576")
    case .rtmp:
      set("rtmp_live", "live")
      set("rtmp_buffer", "100")
      set("tcp_nodelay", "1")
    case .http:
      set("user_agent", "streamer")
      set("rw_timeout", "\((silenceLimit + .seconds(5)).microseconds)")
    case .standardInput: set("probesize", "32")
    case .file, .publisher: break
    }
    return unsafe dictionary
  }
}

extension InputAddress.Kind {
  /// The protocols that an input may use; a playlist or a redirect could name any.
  fileprivate var protocols: String {
    switch self {
    case .rtsp: "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https"
    case .srt: "srt"
    case .rtmp: "rtmp,rtmps,tcp,tls"
    case .udp: "udp"
    case .http: "http,https,tcp,tls,crypto"
    case .file: "file,crypto"
    case .standardInput: "pipe"
    case .publisher: ""
    }
  }
}
