// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A key and a certificate, made by OpenSSL's command.
struct Certificate {
  let key: String
  let certificate: String

  /// Nil where the command is missing.
  static var made: Certificate? {
    let folder = NSTemporaryDirectory() + "certificate-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "2",
      "-subj", "/CN=localhost", "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem",
    ]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    process.waitUntilExit()
    guard let key = try? String(contentsOfFile: folder + "/key.pem", encoding: .utf8),
      let certificate = try? String(contentsOfFile: folder + "/cert.pem", encoding: .utf8)
    else { return nil }
    return Certificate(key: key, certificate: certificate)
  }
}
