// SPDX-License-Identifier: Apache-2.0

import Logging

extension FuzzBody {
  /// Lines of the log: a named secret does not survive in any context.
  static let redaction = FuzzBody(
    name: "redaction", sources: ["Logging/Redaction.swift"]
  ) { bytes in
    let secret = "s3cretZq"
    let half = bytes.count / 2
    let before = String(decoding: bytes[..<half], as: UTF8.self)
    let after = String(decoding: bytes[half...], as: UTF8.self)
    guard !(before + after).contains(secret) else { return nil }
    let forms = [
      " /t/\(secret)/live", " ?token=\(secret)&", " Authorization: \(secret)\n",
      " srt://h?passphrase=\(secret)&", " rtsp://u:\(secret)@h/",
    ]
    for form in forms where Redaction.redact(before + form + after).contains(secret) {
      return "\(form) survives"
    }
    let once = Redaction.redact(before + after)
    return Redaction.redact(once).utf8.count > once.utf8.count + 6 * once.utf8.count ? "grows" : nil
  }
}
