// SPDX-License-Identifier: Apache-2.0

import Configuration
import Net
import Testing

@Suite("streamer validate --edge")
struct ValidateCommandTests {
  private let edge = "--edge https://edge.example/live.m3u8"

  private func request(_ line: String) throws -> ValidateCommand.EdgeRequest? {
    let arguments = line.split(separator: " ").map(String.init)
    guard case .edge(let request) = try ValidateCommand(arguments) else { return nil }
    return request
  }

  private func error(_ line: String) -> String {
    do {
      _ = try request(line)
      return "none"
    } catch { return "\(error)" }
  }

  @Test("an edge is only read unless the operator says that it is his")
  func reading() throws {
    let read = try #require(try request(edge))
    #expect(!read.isOwn && read.stream == nil && read.address.authority == "edge.example")
    let own = try #require(
      try request("\(edge) --i-run-this-edge --edge-stream edge-check-2 --json"))
    #expect(own.isOwn && own.stream == "edge-check-2" && own.isJSON)
    #expect(try request("https://edge.example/live.m3u8") == nil)
  }

  @Test("the stream of unusual requests has a name that is reserved, and needs the consent")
  func streams() {
    #expect(error("\(edge) --edge-stream edge-check").contains("--i-run-this-edge"))
    let own = "\(edge) --i-run-this-edge --edge-stream"
    for name in ["live", "yard", "Edge-check", "edge-check/b", "..", "edge-check?b", "%65"] {
      #expect(error("\(own) \(name)").hasPrefix("--edge-stream: invalid value"), "\(name)")
    }
    #expect(error("\(own) edge-check") == "none")
  }

  @Test("options of an edge and those of followed streams exclude each other")
  func others() {
    #expect(error("--i-run-this-edge http://a/").contains("expected --edge URL"))
    #expect(error("\(edge) http://a/").contains("1 addresses beside --edge"))
    #expect(error("\(edge) --seconds 5").hasPrefix("--seconds"))
    #expect(error("--edge ftp://a/").hasPrefix("--edge: invalid value"))
    #expect(error("--edge http://me:secret@a/").hasPrefix("--edge: invalid value"))
  }
}
