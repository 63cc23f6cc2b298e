// SPDX-License-Identifier: Apache-2.0

import Net
import Push

/// Options of streams that are pushed to other servers.
extension Option {
  static let pushing: [Option] = [
    Option.stream(
      "push", appendingTo: \.pushes, .push, .stream,
      help: "send the stream to this receiver: rtmp://HOST/APP/KEY, rtmps://…, srt://HOST:PORT, or "
        + "cmaf+https://HOST/PATH (one POST for each track); after a space renditions=NAME, "
        + "audio=NAME, audio=none or stopped"
    ).with {
      $0.isSecret = true
      $0.describesOneStream = true
    },
    .stream(
      "push-verify", \.pushTLS.trust, .trust, .stream,
      help: "certificates of the receivers of --push: system (those of the system's authorities), "
        + "the path of a PEM file with other ones, or none (not verified)"),
    .stream(
      "client-cert", \.clientCertificate, .path("the path of a PEM file"), .stream,
      help: "the certificate with which cmaf+https receivers of --push authenticate this program"),
    .stream(
      "client-key", \.clientKey, .path("the path of a PEM file"), .stream,
      help: "the key of --client-cert"),
  ]
}

extension OptionKind where Value == PushTarget {
  fileprivate static let push = OptionKind(
    placeholder: "URL", expected: PushTarget.expected, parse: { PushTarget($0) },
    print: { "\($0.address)" })
}
