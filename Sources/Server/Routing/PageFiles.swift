// SPDX-License-Identifier: Apache-2.0

import HTTP
import Logging
import Sharing

/// The player page and the scripts that it can load from this server.
package struct PageFiles: Sendable {
  private let page: PreparedResponse
  private let compressedPage: PreparedResponse
  private let negotiatedPage: PreparedResponse
  private let scripts: [String: PreparedResponse]
  /// The page of statistics.
  let statistics: PreparedResponse

  /// The URL of a page may contain a playback token, which no other site must learn.
  static let referrerPolicy = HeaderField("Referrer-Policy", "no-referrer")

  /// The player page's HTML, scripts by their names under `/player/`, and the HTML of the page of
  /// statistics.
  package init(html: [UInt8], scripts: [String: [UInt8]], statistics: [UInt8] = []) {
    self.statistics = PreparedResponse(
      status: 200,
      fields: [
        HeaderField("Content-Type", "text/html; charset=utf-8"),
        HeaderField("Content-Security-Policy", "frame-ancestors 'none'"),
      ] + StatisticsHandler.fields, body: [SharedBytes(statistics)])
    let fields =
      ResponseFields.fields("text/html; charset=utf-8", .second) + [Self.referrerPolicy]
    let vary = HeaderField("Vary", "Accept-Encoding")
    let plain = SharedBytes(html)
    page = PreparedResponse(
      status: 200, fields: fields + [vary, ProcessETag.of("page")], body: [plain])
    compressedPage =
      Gzip.compress(plain)
      .map {
        PreparedResponse(
          status: 200,
          fields: fields + [
            vary, HeaderField("Content-Encoding", "gzip"), ProcessETag.of("page-z"),
          ], body: [$0])
      } ?? page
    negotiatedPage = PreparedResponse(
      status: 200,
      fields: ResponseFields.fields("text/html; charset=utf-8", .noStore)
        + [Self.referrerPolicy, HeaderField("Vary", "Accept")], body: [plain])
    let script = ResponseFields.fields("text/javascript; charset=utf-8", .second)
    var files: [String: PreparedResponse] = [:]
    for (name, bytes) in scripts {
      files[name] = PreparedResponse(
        status: 200, fields: script + [ProcessETag.of(name)], body: [SharedBytes(bytes)])
    }
    // The page reads the list and requests no script that is missing.
    let names = scripts.keys.sorted().map { JSONText.quoted($0) }.joined(separator: ",")
    files["scripts.json"] = PreparedResponse(
      status: 200, fields: ResponseFields.fields("application/json", .second),
      body: [SharedBytes("[\(names)]")])
    self.scripts = files
  }

  /// The page for `request`.
  func page(for request: Request) -> PreparedResponse {
    request.accepts(coding: "gzip") ? compressedPage : page
  }

  /// The page for a request whose `Accept` names HTML; nil for other requests.
  func page(instead request: Request) -> PreparedResponse? {
    request.header("accept")?.contains("text/html") == true ? negotiatedPage : nil
  }

  /// A script by its name.
  func script(_ name: String) -> PreparedResponse? { scripts[name] }
}
