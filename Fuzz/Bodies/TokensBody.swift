// SPDX-License-Identifier: Apache-2.0

import Access
import Net
import System

extension FuzzBody {
  /// Playback tokens and their keys: an accepted text is printed again, and none of them is signed.
  static let tokens = FuzzBody(
    name: "tokens",
    sources: [
      "Access/Tokens/PlaybackToken.swift", "Access/Tokens/TokenKey.swift", "System/Base64.swift",
    ]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    if let key = TokenKey(text), !text.hasPrefix("\(key):") { return "key \(key)" }
    if let decoded = Base64.decode(text, .url) {
      let written = Base64.encode(decoded, .url)
      guard Base64.decode(written, .url) == decoded else { return "Base64 of \(written)" }
    }
    guard let token = PlaybackToken(text) else { return nil }
    guard token.text == text else { return "\(text) is written \(token.text)" }
    guard (0...PlaybackToken.lastExpiry).contains(token.expiry),
      PlaybackToken.isSession(token.session)
    else { return "expiry \(token.expiry), session \(token.session)" }
    let secret = String(repeating: "s", count: 32)
    let keys = ["k1", token.key].compactMap { TokenKey("\($0):\(secret)") }
    for now in [0, token.expiry, .max] {
      guard token.verdict(on: "live", by: .none, keys, now: now) == .invalid else {
        return "\(text) is valid"
      }
    }
    guard let key = keys.last else { return "key \(token.key)" }
    let signed = PlaybackToken(
      stream: "live", expiry: token.expiry, session: token.session, key: key)
    guard PlaybackToken(signed.text) == signed,
      signed.verdict(on: "live", by: .none, keys, now: token.expiry) == .valid(nil)
    else { return "\(signed.text) is invalid" }
    return nil
  }
}
