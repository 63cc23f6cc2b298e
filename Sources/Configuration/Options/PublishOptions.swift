// SPDX-License-Identifier: Apache-2.0

import Access
import Checked
import Net
import System

/// Options of clients that publish to this server.
extension Option {
  static let publishing: [Option] = [
    .program(
      "rtmp", \.rtmp, .listen(default: 1935), .source,
      help: "accept publishers by RTMP on this port (1935 if left out); without another source the "
        + "stream is theirs"),
    .program(
      "rtmps", \.rtmps, .listen(default: 1936), .source,
      help: "accept publishers by RTMP over TLS, with the certificate of HTTPS (1936 if left out)"),
    .program(
      "srt", \.srt, .listen(default: 9000), .source,
      help: "accept publishers by SRT on this port (9000 if left out), with the stream ID "
        + "STREAM/K; without another source the stream is theirs"),
    .program(
      "srt-latency", \.srtLatency, .integer(20...10_000, "MS"), .source,
      help: "the time for lost packets of SRT to be sent again, in ms; publishers may ask for "
        + "more"),
    .program(
      "publish", \.publishMode, .choice("WHO"), .source,
      help: "who may publish to a stream without a key: loopback (clients on this machine), key "
        + "(no client), or open (all)"),
    Option.program(
      "on-publish", \.publishHook, .hook, .source,
      help: "ask this URL by POST before a client publishes: a response of class 2xx within 2 s "
        + "lets it in"
    ).with { $0.isSecret = true },
    Option.program(
      "on-unpublish", \.unpublishHook, .hook, .source,
      help: "tell this URL by POST that a publisher has ended"
    ).with { $0.isSecret = true },
    Option.stream(
      "publish-key", \.publishKey, .publishKey, .source,
      help: "the key of publishers: by RTMP to rtmp://HOST/STREAM/K, by SRT in the stream ID, over "
        + "HTTP as bearer token or password"
    ).with {
      $0.isSecret = true
      $0.scope = .serving
    },
    Option.stream(
      "publish-certificate", appendingTo: \.publishCertificates, .certificateName, .source,
      help: "clients with this certificate of --client-ca need no key: its common name, its whole "
        + "subject, or * for any; repeatable"
    ).with { $0.scope = .serving },
    Option.stream(
      "takeover", \.takeover, .choice("WHEN"), .source,
      help: "when another publisher replaces the present one: silent (if that has sent nothing for "
        + "2 s) or always (if that has published for 2 s)"
    ).with { $0.scope = .serving },
    Option.stream(
      "srt-passphrase", \.srtPassphrase, .passphrase, .source,
      help: "publishers by SRT must encrypt with this passphrase"
    ).with {
      $0.isSecret = true
      $0.scope = .serving
    },
    Option.stream(
      "rtmp-path", \.publishPath, .publishPath, .source,
      help: "publishers publish to rtmp://HOST/APP/K, whatever the name of the stream; in a stream "
        + "of a file also \"rtmp\""
    ).with {
      $0.isSecret = true
      $0.describesOneStream = true
    },
  ]
}

extension OptionKind where Value == ListenAddress {
  fileprivate static func listen(default port: UInt16) -> OptionKind {
    OptionKind(
      placeholder: "[HOST:]PORT",
      expected: "a port, or an address and a port, as in 127.0.0.1:1935",
      parse: { ListenAddress($0, default: port) },
      print: { "\($0.host.map { "\($0):" } ?? "")\($0.port)" })
  }
}

extension OptionKind where Value == WebAddress {
  static let hook = OptionKind(
    placeholder: "URL",
    expected: "a URL such as http://127.0.0.1:8000/publish or https://example.com/publish",
    parse: { WebAddress($0) }, print: { _ in "" })
}

extension OptionKind where Value == String {
  fileprivate static let certificateName = OptionKind(
    placeholder: "NAME", expected: "a common name, a subject such as CN=gate,O=Example, or *",
    parse: { CertificateNames.isName($0) ? $0 : nil }, print: { $0 })
}

extension OptionKind where Value == Passphrase {
  fileprivate static let passphrase = OptionKind(
    placeholder: "TEXT",
    expected: "\(Passphrase.lengths.lowerBound)–\(Passphrase.lengths.upperBound) characters",
    parse: { Passphrase($0) }, print: { _ in "" })
}

extension OptionKind where Value == SecretDigest {
  fileprivate static let publishKey = OptionKind(
    placeholder: "K", expected: "1–256 letters, digits and . _ ~ + = - @ : !",
    parse: { isElement($0) ? SecretDigest($0) : nil }, print: { _ in "" })

  fileprivate static let publishPath = OptionKind(
    placeholder: "APP/K",
    expected: "an application and a key, as in live/stream, "
      + "of letters, digits and . _ ~ + = - @ : !",
    parse: { text in
      let elements = text.split(separator: "/", omittingEmptySubsequences: false)
      guard (2...8).contains(elements.count), elements.allSatisfy({ isElement($0) }) else {
        return nil
      }
      return SecretDigest(text)
    }, print: { _ in "" })

  private static func isElement(_ text: some StringProtocol) -> Bool {
    (1...256).contains(text.utf8.count) && NameCharacters.isMade(text, with: "._~+=-@:!")
  }
}
