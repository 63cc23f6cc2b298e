// SPDX-License-Identifier: Apache-2.0

import Access
import Configuration
import Testing

private let hash =
  "scrypt:15:8:1:MDEyMzQ1Njc4OWFiY2RlZg:oe907U2nbdCoy5CK9wYieuM8_-Xvd-g9a1luM-Pa0bE"
private let key = "k1:0123456789abcdef0123456789abcdef"

@Suite("Permitted viewers of streams")
struct ViewerSettingsTests {
  @Test("a stream has its own rule, password and keys, else those of all streams")
  func streams() throws {
    let folder = try Folder([
      "hash": hash + "\n",
      "config.json": """
      {"viewerPassword": "\(hash)", "streams": [
        {"stream": "a", "testSrc": true},
        {"stream": "b", "testSrc": true, "viewers": "everybody"},
        {"stream": "c", "testSrc": true, "playbackKey": "\(key)"},
        {"stream": "d", "testSrc": true, "playbackKey": "\(key)", "viewers": "links"},
        {"stream": "e", "testSrc": true, "viewers": "password", "viewerPassword": "hash"}]}
      """,
      "open.json": #"{"streams": [{"stream": "a", "testSrc": true}]}"#,
    ])
    let (found, error) = folder.outcome()
    let streams = try #require(found, "\(error)").streams
    #expect(
      streams.map(\.settings.permittedViewers)
        == [.password, .everybody, .password, .links, .password])
    #expect(streams[4].settings.viewerPassword == PasswordHash(hash))
    let secret = try #require(TokenKey(key))
    let access = streams.map { $0.settings.access(signedBy: secret) }
    #expect(access.map(\.rule) == streams.map(\.settings.permittedViewers))
    #expect(access.map(\.keys.count) == [1, 0, 2, 1, 1])
    // A new password is no reason to restart a stream.
    let open = try #require(folder.outcome("open.json").definition).streams
    #expect(open[0].settings.requestedOptions == streams[0].settings.requestedOptions)
  }

  @Test("a rule without its secret permits no client, if a file lists no such stream")
  func missingSecrets() throws {
    let folder = try Folder([
      "config.json": """
      {"viewers": "password", "streams": [
        {"stream": "a", "testSrc": true, "viewerPassword": "\(hash)"}]}
      """
    ])
    let merged = try folder.configuration()
    let secret = try #require(TokenKey(key))
    #expect(merged.createdAccess(signedBy: secret).keys == [secret])
    #expect(merged.createdAccess(signedBy: secret).password == nil)
  }

  @Test("wrong settings are named, without their values")
  func errors() throws {
    for (line, words) in [
      ("--test-src --viewers password", "lacks its hash"),
      ("--test-src --viewers links", "requires --playback-key"),
      ("--test-src --viewers all", "everybody, password or links"),
      ("--test-src --viewer-password sesame", "streamer password"),
      ("--test-src --viewer-password scrypt:15:8:1:sesame:sesame", "streamer password"),
    ] {
      let error = outcome(line).error
      #expect(error.contains(words) && !error.contains("sesame"), "\(error)")
    }
    #expect(outcome("--test-src --viewers password --viewer-password \(hash)").error == "")
    #expect(throws: UsageError.self) {
      try StreamElement(
        parsing: Array(#"{"stream": "a", "testSrc": true, "viewerPassword": "/hash"}"#.utf8))
    }
  }

  @Test("streamer password takes no argument but --help")
  func command() throws {
    guard case .hash = try PasswordCommand([]), case .help = try PasswordCommand(["--help"]) else {
      Issue.record("another command")
      return
    }
    for arguments in [["sesame"], ["--cost", "9"]] {
      #expect(throws: UsageError.self) { try PasswordCommand(arguments) }
    }
  }
}
