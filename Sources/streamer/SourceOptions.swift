// SPDX-License-Identifier: Apache-2.0

import Capture
import Streams

/// Where pictures and sound come from.
extension Option {
  static let source: [Option] = [
    Option(
      toggle: "test-src", group: .source,
      help: "a moving test picture with a burned clock (the default source)", \.isTestSource),
    Option(
      name: "device", placeholder: "PATH", group: .source,
      help: "a V4L2 camera, such as /dev/video0", allowed: "the path of a V4L2 camera"
    ) {
      $1.device = $0
      return !$0.isEmpty
    },
    Option(
      name: "audio", placeholder: "WHAT", group: .source,
      help: "tone, in step with the flash; none; or an ALSA device; an input brings its own",
      allowed: "tone, none, or the name of an ALSA device such as default or hw:1"
    ) {
      let audios: [String: StreamConfiguration.AudioSource] = ["tone": .tone, "none": .none]
      $1.audio = audios[$0] ?? .device($0)
      return !$0.isEmpty
    },
    Option(
      name: "input", placeholder: "URL", group: .source,
      isPath: true,
      help: "rtsp, rtsps, srt, rtmp, udp, http or https URL, a file, or - for MPEG-TS on stdin",
      allowed: "a URL of \(InputAddress.schemes.joined(separator: ", ")), a path, or -; "
        + "a passphrase of SRT has \(InputAddress.passphrase.lowerBound) to "
        + "\(InputAddress.passphrase.upperBound) characters"
    ) { set(&$1.input, InputAddress($0)) },
    Option(
      name: "rtsp-transport", placeholder: "HOW", group: .source,
      help: "what RTSP media travels in, tcp or udp; tcp", allowed: "tcp or udp"
    ) { set(&$1.inputOptions.rtspTransport, InputOptions.Transport(rawValue: $0)) },
    Option(
      toggle: "loop", group: .source, help: "begin a file anew when it ends", \.loops),
    Option(
      name: "passthrough", placeholder: "HOW", group: .source,
      help:
        "package an input as it is coded, auto: where it fits",
      allowed: "auto, always or never"
    ) { set(&$1.passThrough, PassThroughChoice.Mode(rawValue: $0)) },
    Option(
      name: "max-gop", placeholder: "S", group: .source,
      help: "seconds from key picture to key picture of what is passed through, 4",
      allowed: "seconds from 0.1 to 20"
    ) { set(&$1.longestGroupMicroseconds, microseconds: $0, 100_000...20_000_000) },
    Option(
      name: "probe", placeholder: "URL", group: .source,
      isAction: true, help: "print what an input carries and what would be done with it, and end",
      allowed: "what --input takes"
    ) {
      $1.action = .probe
      return set(&$1.input, InputAddress($0))
    },
    Option(
      name: "list-devices", group: .source, isAction: true,
      help: "list cameras with their modes, and end"
    ) {
      $1.action = .listCameras
      return true
    },
  ]
}
