// SPDX-License-Identifier: Apache-2.0

import Foundation
import Net
import System
import TestSupport
import Testing

@Suite("Certificates and keys of a server", .blocking)
struct CertificateTests {
  private func folder() throws -> String {
    let path =
      NSTemporaryDirectory() + "streamer-tls-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private func write(_ folder: String, _ name: String, _ bytes: [UInt8]) throws -> String {
    let path = folder + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test("a self-signed certificate is readable by the user only, and reused")
  func kept() throws {
    let folder = try folder() + "/a/b"
    let first = try SelfSignedCertificate(folder: folder)
    #expect(first.isNew && first.problem == nil && first.path == folder + "/self-signed.pem")
    let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/self-signed.pem")
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    let second = try SelfSignedCertificate(folder: folder)
    #expect(!second.isNew && second.text == first.text)
    #expect(
      try TLSContext(.text(first.text)).fingerprint == TLSContext(.text(second.text)).fingerprint)
    // A file without a certificate is replaced.
    _ = try write(folder, "self-signed.pem", Array("nonsense".utf8))
    let third = try SelfSignedCertificate(folder: folder)
    #expect(third.isNew && third.text != first.text)
  }

  @Test("without a folder there is a certificate, and the reason why it is not kept")
  func notKept() throws {
    #expect(try SelfSignedCertificate(folder: nil).problem != nil)
    let made = try SelfSignedCertificate(folder: "/proc/nowhere")
    #expect(made.isNew && made.path == nil && made.problem != nil)
  }

  @Test("the folder is systemd's, else the user's")
  func folders() {
    func state(_ variables: [String: String]) -> String? {
      PrivateFile.stateFolder { variables[$0] }
    }
    #expect(state(["STATE_DIRECTORY": "/a:/b", "HOME": "/h"]) == "/a")
    #expect(state(["XDG_STATE_HOME": "/x", "HOME": "/h"]) == "/x/streamer")
    #expect(state(["XDG_STATE_HOME": "x", "HOME": "/h"]) == "/h/.local/state/streamer")
    #expect(state(["HOME": "/h"]) == "/h/.local/state/streamer")
    #expect(state([:]) == nil)
  }

  @Test("an error names its file")
  func wrong() throws {
    let folder = try folder()
    let good = try write(folder, "good.pem", try SelfSignedCertificate(folder: nil).text)
    let bad = try write(folder, "bad.pem", Array("nonsense".utf8))
    let rows: [(String, String, String?, String)] = [
      ("/nonexistent", good, nil, "\"/nonexistent\" holds no usable certificate: No such file"),
      (bad, good, nil, "\"\(bad)\" holds no usable certificate: "),
      (good, bad, nil, "\"\(bad)\" holds no usable private key: "),
      (good, "/nonexistent", nil, "\"/nonexistent\" holds no usable private key: No such file"),
      (good, good, bad, "\"\(bad)\" holds no usable chain: "),
    ]
    for (certificate, key, chain, text) in rows {
      do {
        _ = try TLSContext(.files(certificate: certificate, key: key, chain: chain))
        Issue.record("loaded \(certificate)")
      } catch {
        #expect(error.description.hasPrefix(text), "\(error)")
      }
    }
  }
}
