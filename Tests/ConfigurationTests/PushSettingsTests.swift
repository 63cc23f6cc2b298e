// SPDX-License-Identifier: Apache-2.0

import Configuration
import Push
import Testing

@Suite("The receivers of a stream in a configuration")
struct PushSettingsTests {
  private func stream(_ json: String) throws -> Folder {
    try Folder(["config.json": #"{"streams": [{"stream": "a", "testSrc": true, \#(json)}]}"#])
  }

  @Test("are URLs and objects, in their order")
  func forms() throws {
    let folder = try stream(
      #""push": ["rtmp://h/app/key", {"to": "cmaf+https://h/in", "renditions": ["720p", "360p"], "#
        + #""audio": "none", "stopped": true}, {"to": "srt://h:1", "renditions": "360p"}]"#)
    let (found, error) = folder.outcome()
    let pushes = try #require(found, "\(error)").streams[0].settings.pushes
    #expect(
      pushes.map { "\($0.address)" } == ["rtmp://h/app/***", "cmaf+https://h/in", "srt://h:1"])
    #expect(pushes[1].renditions == .named(["720p", "360p"]))
    #expect(pushes[1].audio == .none && pushes[1].isStopped)
    #expect(pushes[2].renditions == .named(["360p"]) && !pushes[2].isStopped)
  }

  @Test("have errors that name the place, and no secret")
  func errors() throws {
    let wrong = [
      (#""push": [{"renditions": ["720p"]}]"#, "push[0]"),
      (#""push": ["http://h/secret-key"]"#, "push[0]"),
      (#""push": [{"to": "rtmp://h/a/secret-key", "renditions": [1]}]"#, "push[0].renditions"),
      (#""push": [{"to": "rtmp://h/a/secret-key", "stopped": "perhaps"}]"#, "push[0].stopped"),
      (#""push": ["rtmp://h/a/k"], "clientCert": "c.pem""#, "client-key"),
    ]
    for (json, place) in wrong {
      let error = try stream(json).outcome().error
      #expect(error.contains(place), "\(error)")
      #expect(!error.contains("secret-key"), "\(error)")
    }
  }

  @Test("cannot be those of an uploaded stream")
  func uploads() throws {
    let folder = try Folder([
      "config.json":
        #"{"streams": [{"stream": "a", "source": "uploads", "push": ["rtmp://h/a/k"]}]}"#
    ])
    #expect(folder.outcome().error.contains("cannot be combined"))
  }

  @Test("of a request name no files")
  func requested() throws {
    for json in [#""clientCert": "/etc/x", "clientKey": "/etc/y""#, #""pushVerify": "/etc/x""#] {
      let settings = try MergedSettings([], environment: [:]).settings(
        of: StreamElement(parsing: Array(#"{"stream": "a", "testSrc": true, \#(json)}"#.utf8)))
      #expect(throws: UsageError.self) { try RequestedStreamCheck.check(settings) }
    }
  }
}
