// SPDX-License-Identifier: Apache-2.0

import Net

/// Options of clients that publish to this server.
extension Option {
  static let publishing: [Option] = [
    .program(
      "publish", \.publishMode, .choice("WHO"), .source,
      help: "who may publish to a stream without a key: loopback (clients on this machine), key "
        + "(no client), or open (all)"),
    Option.stream(
      "publish-key", \.publishKey, .publishKey, .source,
      help: "the key of publishers: over HTTP a bearer token, or the password"
    ).with {
      $0.isSecret = true
      $0.scope = .serving
    },
  ]
}

extension OptionKind where Value == SecretDigest {
  fileprivate static let publishKey = OptionKind(
    placeholder: "K", expected: "1–256 letters, digits and . _ ~ + = - @ : !",
    parse: { isElement($0) ? SecretDigest($0) : nil }, print: { _ in "" })

  private static func isElement(_ text: some StringProtocol) -> Bool {
    (1...256).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "._~+=-@:!".utf8.contains(byte)
        }
      }
  }
}
