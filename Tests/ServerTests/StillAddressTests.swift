// SPDX-License-Identifier: Apache-2.0

import Packaging
import Server
import Testing

@Suite("The addresses of stills")
struct StillAddressTests {
  private static var number17: StillAddress? {
    guard case .segment(let number)? = MediaName("segment17.m4s") else { return nil }
    return .keyFrame(number)
  }

  static let rows: [(path: [String], address: StillAddress?)] = [
    (["a", "snapshot.jpg"], .newest(width: .own)),
    (["a", "snapshot", "640.jpg"], .newest(width: .pixels(640))),
    (["a", "snapshot", "641.jpg"], .newest(width: .invalid)),
    (["a", "snapshot", "0640.jpg"], .newest(width: .invalid)),
    (["a", "at", "12.5.jpg"], .instant("12.5", width: .own)),
    (["a", "at", "12.5", "320.jpg"], .instant("12.5", width: .pixels(320))),
    (["a", "at", "12.5", "-1.jpg"], .instant("12.5", width: .invalid)),
    (["a", "thumb", "segment17.jpg"], number17),
    (["a", "thumb", "segment17.3.jpg"], nil), (["a", "thumb", "17.jpg"], nil),
    (["a", "thumb", "segment.jpg"], nil), (["a", "thumb", "init-1.jpg"], nil),
    (["a", "at", ".jpg"], nil), (["a", "at", "12.5", ".jpg"], nil),
    (["a", "at", "12.5", "320.png"], nil), (["a", "snapshot", "1", "320.jpg"], nil),
    (["a", "video", "640.jpg"], nil), (["a", "b", "at", "12.jpg"], nil), (["snapshot.jpg"], nil),
  ]

  @Test("a path names a still only in the documented forms", arguments: rows.indices)
  func route(index: Int) {
    let (path, address) = Self.rows[index]
    if case .still("a", let found) = Route(path) {
      #expect(found == address)
    } else {
      #expect(address == nil)
    }
  }
}
