// SPDX-License-Identifier: Apache-2.0

import Capture
import Net
import Streams
import Time

/// Options of sources of frames and audio.
extension Option {
  private static let sources = ["test-src", "device", "input", "relay", "source"]

  static let source: [Option] = [
    .stream(
      "test-src", \.isTestSource, .toggle, .source,
      help: "a moving test pattern with a burned clock (the default source)"
    ).with(describeSource),
    .stream(
      "device", \.device,
      .text("PATH", expected: "the path of a V4L2 camera") { !$0.isEmpty }, .source,
      help: "a V4L2 camera, such as /dev/video0"
    ).with(describeSource),
    .stream(
      "audio", \.audio, .audio, .source, default: "none; for an input, its audio",
      help: "tone (aligned with the flash of the test pattern), none, or an ALSA device"),
    .stream(
      "audio-tracks", \.audioTracks, .audioTracks, .source,
      help: "the audio tracks of an input: the first ones, at most this number, or those of these "
        + "languages in this order, of which the first is the default"),
    .stream(
      "audio-copy", \.audioCopy, .audioCopy, .source,
      help: "codecs of an input's audio that is also published as it comes, in renditions beside "
        + "AAC: opus, ac3, eac3, flac, several with commas, or none"),
    .stream(
      "input", appendingTo: \.inputs, .input, .source,
      help: "an rtsp, rtsps, srt, rtmp, udp, http or https URL, a file, or - for MPEG-TS on "
        + "stdin; further ones are shown while those before are lost"
    ).with(describeSource),
    .stream(
      "relay", \.upstream, .upstream, .source,
      help: "a stream of another server of this program, such as http://host:8080/live/: it is "
        + "served with the same names and bytes"
    ).with(describeSource),
    .stream(
      "relay-verify", \.upstreamTrust, .trust, .source,
      help: "certificates of an https server that is relayed, and of those of --archive-heal: "
        + "system (those of the system's authorities), the path of a PEM file with other ones, or "
        + "none (not verified)"),
    .stream(
      "failback", \.failback, .seconds(.zero ... .seconds(3600)), .source,
      help: "how long an input must be back until it is shown again instead of a further one, in "
        + "seconds"),
    .stream(
      "source", \.published, .published, .source,
      help: "uploads: the stream consists of the files that a publisher uploads by HTTP PUT; rtmp "
        + "or srt: publishers send it by one of the two; page: from a browser at /STREAM/publish, "
        + "or by HTTP POST"
    ).with(describeSource),
    .stream(
      "rtsp-transport", \.inputOptions.rtspTransport, .choice("HOW"), .source,
      help: "transport of RTSP media: tcp or udp; the other one if the camera refuses it"),
    .stream(
      "rtsp-timeout", \.inputOptions.rtspAnswerLimit, .seconds(.seconds(1) ... .seconds(120)),
      .source,
      help: "how long an RTSP camera may take for an answer before it sends media, in seconds"),
    .stream(
      "other-hosts", \.inputOptions.reachesOtherHosts, .toggle, .source,
      help: "let a playlist over HTTP refer to other hosts, or redirect, and RTSP redirect to "
        + "another host; needed for DASH"),
    .stream(
      "slate", \.slate, .path("the path of a JPEG, PNG or MP4 file"), .source,
      help: "a picture, or a film of at most 10 s, shown while the source is missing"),
    .stream("loop", \.loops, .toggle, .source, help: "restart a file at its end"),
    .stream(
      "passthrough", \.passThrough, .choice("HOW"), .source,
      help: "package an input without re-encoding: auto (if possible), always or never"),
    .stream(
      "max-gop", \.maximumGroupTime, .seconds(.milliseconds(100) ... .seconds(20)), .source,
      help: "the longest distance between key frames of a passed-through input, in seconds"),
    .stream(
      "isolation", \.isolation, .choice("HOW"), .source, default: "process for an input",
      help: "read, decode and encode an input in a process of its own: process or none"),
    Option.program(
      "probe", \.action, .probe, .source,
      help: "print the properties of an input and how it would be packaged, and exit"
    ).with {
      $0.scope = .invocation
      $0.defaultText = nil
    },
    Option.program(
      "list-devices", \.action, .action(.listCameras), .source,
      help: "list cameras with their modes, and exit"
    ).with { $0.scope = .invocation },
  ]

  /// A source replaces the sources of lower layers.
  private static func describeSource(_ option: inout Option) {
    option.describesOneStream = true
    option.replaces = sources
  }
}

extension OptionKind where Value == [AudioTrackSettings.Source] {
  fileprivate static let audio = OptionKind(
    placeholder: "WHAT",
    expected: "tone, none, or the name of an ALSA device such as default or hw:1",
    parse: { text in
      switch text {
      case "": nil
      case "tone": [.tone]
      case "none": []
      default: [.device(text)]
      }
    }, print: { "\($0)" })
}

extension OptionKind where Value == InputAddress {
  fileprivate static let input = OptionKind(
    placeholder: "URL",
    expected: "a URL of \(InputAddress.schemes.joined(separator: ", ")), a path, or -; "
      + "SRT passphrases have \(InputAddress.passphrase.lowerBound)–"
      + "\(InputAddress.passphrase.upperBound) characters",
    form: .input, parse: { InputAddress($0) }, print: { "\($0)" })
}

extension OptionKind where Value == UpstreamAddress {
  fileprivate static let upstream = OptionKind(
    placeholder: "URL", expected: "the http or https URL of a stream, not of its playlist",
    parse: { UpstreamAddress($0) }, print: { "\($0)" })
}

extension OptionKind where Value == ServerTrust {
  static let trust = OptionKind(
    placeholder: "WHAT", expected: "system, none, or the path of a PEM file", form: .path,
    parse: { ServerTrust($0) }, print: { "\($0)" })
}

extension OptionKind where Value == StreamSettings.Published {
  fileprivate static let published = OptionKind(
    placeholder: "WHAT", expected: "uploads, rtmp, srt or page",
    form: .choice(["uploads", "rtmp", "srt", "page"]),
    // "relay" is the name of uploads in older files.
    parse: { $0 == "relay" ? .uploads : StreamSettings.Published(rawValue: $0) }, print: \.rawValue)
}

extension OptionKind where Value == ProgramSettings.Action {
  fileprivate static let probe = OptionKind(
    placeholder: "URL", expected: "a value of --input", form: .input,
    parse: { InputAddress($0).map { .probe($0) } }, print: { _ in "" })
}
