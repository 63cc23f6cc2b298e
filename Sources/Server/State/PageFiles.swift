// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Sharing

/// The pages, the player as a module, and the scripts that they can load from this server.
package struct PageFiles: Sendable {
  /// The HTML of the pages.
  package struct Pages: Sendable {
    let player: [UInt8]
    let list: [UInt8]
    let wall: [UInt8]
    let statistics: [UInt8]
    let publisher: [UInt8]
    let error: [UInt8]

    /// The HTML of the player page, of the list of streams, of the page of several streams, of the
    /// page of statistics, of the publisher page, and of the page of errors.
    package init(
      player: [UInt8], list: [UInt8] = [], wall: [UInt8] = [], statistics: [UInt8] = [],
      publisher: [UInt8] = [], error: [UInt8] = []
    ) {
      self.player = player
      self.list = list
      self.wall = wall
      self.statistics = statistics
      self.publisher = publisher
      self.error = error
    }
  }

  /// The player page, and the list of streams, with the places for names of streams.
  let page: PageTemplate, list: PageTemplate
  /// The page of several streams, and the publisher page.
  let wall: NegotiatedFile, publisher: NegotiatedFile
  /// The pages of errors.
  let errors: ErrorPages
  private let negotiatedPage: PreparedResponse
  /// The player page for an address that has other responses too; no cache keeps it.
  let unkeptPage: PreparedResponse
  private let files: [String: NegotiatedFile]
  /// The page of statistics.
  let statistics: PreparedResponse

  /// What the publisher page may use, and no other site's page in which it could be embedded.
  private static let publisherFields = [
    HeaderField(
      "Permissions-Policy",
      "camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self)"),
    HeaderField("Content-Security-Policy", "frame-ancestors 'none'"),
  ]

  /// The URL of a page may contain a playback token, which no other site must learn.
  static let referrerPolicy = HeaderField("Referrer-Policy", "no-referrer")

  static let html = "text/html; charset=utf-8"
  private static let javaScript = "text/javascript; charset=utf-8"

  /// Creates the responses.
  ///
  /// - Parameters:
  ///   - pages: the HTML of the pages.
  ///   - module: the files of the player as a module, by their names under `/player/`.
  ///   - scripts: other scripts, by their names under `/player/`.
  package init(_ pages: Pages, module: [String: [UInt8]] = [:], scripts: [String: [UInt8]]) {
    statistics = PreparedResponse(
      status: 200,
      fields: [
        HeaderField("Content-Type", Self.html),
        HeaderField("Content-Security-Policy", "frame-ancestors 'none'"),
      ] + ResponseFields.sameOrigin, body: [SharedBytes(pages.statistics)])
    let fields = ResponseFields.fields(Self.html, .second) + [Self.referrerPolicy]
    page = PageTemplate(pages.player, places: PlayerPageTexts.places, fields, tag: "page")
    list = PageTemplate(pages.list, places: ListPageTexts.places, fields, tag: "list")
    errors = ErrorPages(pages.error)
    wall = NegotiatedFile(pages.wall, fields, tag: "wall")
    publisher = NegotiatedFile(
      pages.publisher, fields + Self.publisherFields, tag: "publisher")
    unkeptPage = PreparedResponse(
      status: 200, fields: ResponseFields.fields(Self.html, .noStore) + [Self.referrerPolicy],
      body: [SharedBytes(pages.player)])
    negotiatedPage = PreparedResponse(
      status: 200,
      fields: ResponseFields.fields(Self.html, .noStore)
        + [Self.referrerPolicy, HeaderField("Vary", "Accept")], body: [SharedBytes(pages.player)])
    var files: [String: NegotiatedFile] = [:]
    for (name, bytes) in scripts.merging(module, uniquingKeysWith: { _, own in own }) {
      let type = name.hasSuffix(".d.ts") ? "text/plain; charset=utf-8" : Self.javaScript
      files[name] = NegotiatedFile(bytes, ResponseFields.fields(type, .second), tag: name)
    }
    // The page reads the list and requests no script that is missing.
    let names = scripts.keys.sorted().map { JSONText.quoted($0) }.joined(separator: ",")
    files["scripts.json"] = NegotiatedFile(
      Array("[\(names)]".utf8), ResponseFields.fields("application/json", .second), tag: "scripts")
    self.files = files
  }

  /// The page for a request whose `Accept` prefers HTML to an MPD; nil for other requests.
  func page(instead request: Request) -> PreparedResponse? {
    request.prefers("text/html", over: "application/dash+xml") ? negotiatedPage : nil
  }

  /// A file under `/player/` for `request`, by its name.
  func file(_ name: String, for request: Request) -> PreparedResponse? {
    files[name]?.response(to: request)
  }
}
