// SPDX-License-Identifier: Apache-2.0

import Access
import Configuration
import Registry
import Server
import Testing

@Suite("Options of the server by the settings of the program")
struct ServingOptionsTests {
  private func options(_ flags: String) throws -> ServingOptions {
    let merged = try MergedSettings(
      CommandLineReader.entries(flags.split(separator: " ").map(String.init)), environment: [:])
    return ServingOptions(try ValidatedConfiguration(merged, isSupervised: false))
  }

  @Test("the host of --public-url is a name of this server, beside those of --host-name")
  func names() throws {
    let found = try options("--public-url https://Cam.example:8443/live")
    #expect(found.publicURL == "https://Cam.example:8443/live")
    #expect(KnownHosts(found.hostNames).contain(field: "cam.example"))
    #expect(try !KnownHosts(options("--name a").hostNames).contain(field: "cam.example"))
  }

  @Test("pages of --public-url may open WebSockets if origins are limited; else all may")
  func origins() throws {
    func status(_ flags: String, _ origin: String) throws -> AccessRefusal? {
      try options(flags).socketOrigins.decide(origin: origin, host: "10.0.0.1").refusal
    }
    let url = "--public-url https://cam.example"
    #expect(try status(url, "https://other.example") == nil)
    let limited = url + " --websocket-origin https://page.example"
    #expect(try status(limited, "https://page.example") == nil)
    #expect(try status(limited, "https://cam.example") == nil)
    #expect(try status(limited, "https://other.example") == .foreignPage)
  }

  @Test("tokens, limits and readers are those of the settings")
  func settings() throws {
    let token = "admin-token-with-32-characters-or-more"
    let found = try options(
      "--admin-token \(token) --metrics token --stats loopback --timestamps-access loopback")
    #expect(found.adminToken == token)
    #expect(found.metrics == .token && found.statistics == .loopback)
    #expect(found.timestamps == .loopback)
    let defaults = try options("--name a")
    #expect(defaults.adminToken == nil && defaults.publishKey == nil)
  }
}
