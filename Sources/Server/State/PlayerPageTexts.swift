// SPDX-License-Identifier: Apache-2.0

import Access
import Checked
import HTTP

/// The texts of one stream in the player page: the same bytes for all clients of an address.
struct PlayerPageTexts {
  private static let title = "<title>Live – streamer</title>"
  private static let heading = "<h1 id=\"name\" class=\"cut\">Live</h1>"
  private static let moving = "src=\"stream.mjpeg\""
  private static let plain =
    "<strong>Scripts are off, so this is a plain picture stream:</strong> without sound."
  private static let playlist = "href=\"playlist.m3u8\""
  private static let still = "href=\"snapshot.jpg\""
  private static let list = "<a class=\"btn\" href=\"../\">"

  /// The texts of the page that a response may replace.
  static let places = [title, heading, moving, plain, playlist, still, list]

  /// HTML by the text that it replaces.
  let all: [String: String]

  /// The texts of a stream.
  ///
  /// - Parameters:
  ///   - stream: the stream. With links only its label is left out: only its viewers know it.
  ///   - folders: the number of folders in the path of the page.
  init(_ stream: StreamEntry, folders: Int) {
    let options = stream.options
    let label = XMLElement.escaped(
      options.hidesName ? stream.name : options.label ?? stream.name)
    let login = options.viewers.password == nil ? "" : " data-viewers=\"password\""
    // Below a path of a proxy, the address of the page does not tell that it is the root.
    let place = folders == 0 ? " data-root=\"./\"" : ""
    // Names need no escape in HTML.
    var all = [
      Self.title: "<title>\(label) – streamer</title>",
      Self.heading:
        "<h1 id=\"name\" class=\"cut\" data-name=\"\(stream.name)\"\(login)\(place)>\(label)</h1>",
    ]
    // Without scripts, addresses are links; those of the built page are for `/S/`.
    if folders != 1 {
      let root = folders == 0 ? "./" : String(repeating: "../", count: folders)
      all[Self.moving] = "src=\"\(root)\(stream.name)/stream.mjpeg\""
      all[Self.playlist] = "href=\"\(root)\(stream.name)/playlist.m3u8\""
      all[Self.still] = "href=\"\(root)\(stream.name)/snapshot.jpg\""
      all[Self.list] = "<a class=\"btn\" href=\"\(root)\">"
    }
    if options.viewers.password != nil {
      // A browser has no address with a password, and asks for none beside a page.
      all[Self.moving] = "hidden"
      all[Self.still] = "hidden"
      all[Self.plain] =
        "<strong>This stream needs a password, and this page a script to ask for it.</strong> "
        + "A program such as VLC sends it with the address: write <code>viewer:PASSWORD@</code> "
        + "before the name of the server."
    }
    self.all = all
  }
}

extension Request {
  /// The number of folders in the path, by which relative links lead to the root of the server.
  var folderCount: Int { max(0, rawPath.utf8.count { $0 == UInt8(ascii: "/") } - 1) }
}
