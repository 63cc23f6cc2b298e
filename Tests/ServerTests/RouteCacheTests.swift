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
        let part = cache.target(of: try Request("GET", "/live/video/\(name)"))
        #expect(part.route == .media(stream: "live", rendition: "video", name: name))
        #expect(part.file == MediaName(name[...]) && part.file != nil)
        let playlist = cache.target(
          of: try Request("GET", "/live/video/playlist.m3u8?_HLS_msn=\(number)&_HLS_part=2"))
        var directives = DeliveryDirectives()
        (directives.mediaSequenceNumber, directives.partIndex) = (UInt64(number), 2)
        #expect(try playlist.directives.get() == directives)
      }
    }
  }

  @Test("a path that ends as another path with its query is another target")
  func pathAndQuery() throws {
    var cache = RouteCache()
    let plain = try Request("GET", "/live/video/playlist.m3u8")
    let empty = try Request("GET", "/live/video/playlist.m3u8?")
    let other = try Request("GET", "/live/video/playlist.m3u8_HLS_msn=1")
    let asked = try Request("GET", "/live/video/playlist.m3u8?_HLS_msn=1").shrunk
    for request in [plain, empty, other, asked] {
      let first = cache.target(of: request)
      #expect(cache.target(of: request) === first)
      for different in [plain, empty, other, asked] where !same(different, request) {
        #expect(cache.target(of: different) !== first)
      }
    }
    #expect(try cache.target(of: asked).directives.get().mediaSequenceNumber == 1)
    #expect(try cache.target(of: plain).directives.get() == DeliveryDirectives())
  }

  private func same(_ left: Request, _ right: Request) -> Bool {
    left.rawPath == right.rawPath && left.query == right.query
  }
}
