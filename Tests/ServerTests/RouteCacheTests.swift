// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Packaging
import Testing

@testable import Server

@Suite("Routes of recent targets")
struct RouteCacheTests {
  @Test("each target has its own route, file and directives, before and after it is replaced")
  func targets() throws {
    var cache = RouteCache()
    for _ in 0..<3 {
      for number in 0..<20 {
        let name = "segment\(number).\(number + 1).m4s"
        let part = cache.target(of: try Request("GET", "/live/video/\(name)")) { _ in false }
        #expect(part.route == .media(stream: "live", rendition: "video", name: name))
        #expect(part.file == MediaName(name[...]) && part.file != nil)
        let playlist = cache.target(
          of: try Request("GET", "/live/video/playlist.m3u8?_HLS_msn=\(number)&_HLS_part=2")
        ) { _ in false }
        var directives = DeliveryDirectives()
        (directives.mediaSequenceNumber, directives.partIndex) = (UInt64(number), 2)
        #expect(try playlist.directives.get() == directives)
      }
    }
  }

  @Test("a path means a file of an uploaded stream only if there is one of its name")
  func uploaded() throws {
    var cache = RouteCache()
    let request = try Request("GET", "/S/manifest.mpd")
    let target = cache.target(of: request) { $0 == "S" }
    guard case .uploaded(let path) = target.route else {
      Issue.record("\(target.route)")
      return
    }
    #expect(path.stream == "S" && path.file?.isIndex == true && target.content == .index)
    cache = RouteCache()
    #expect(cache.target(of: request) { _ in false }.route == .manifest(stream: "S", .stream))
  }

  @Test("a path that ends as another path with its query is another target")
  func pathAndQuery() throws {
    var cache = RouteCache()
    let plain = try Request("GET", "/live/video/playlist.m3u8")
    let empty = try Request("GET", "/live/video/playlist.m3u8?")
    let other = try Request("GET", "/live/video/playlist.m3u8_HLS_msn=1")
    let asked = try Request("GET", "/live/video/playlist.m3u8?_HLS_msn=1").shrunk
    for request in [plain, empty, other, asked] {
      let first = cache.target(of: request) { _ in false }
      #expect(cache.target(of: request) { _ in false } === first)
      for different in [plain, empty, other, asked] where !same(different, request) {
        #expect(cache.target(of: different) { _ in false } !== first)
      }
    }
    #expect(try cache.target(of: asked) { _ in false }.directives.get().mediaSequenceNumber == 1)
    #expect(try cache.target(of: plain) { _ in false }.directives.get() == DeliveryDirectives())
  }

  private func same(_ left: Request, _ right: Request) -> Bool {
    left.rawPath == right.rawPath && left.query == right.query
  }
}
