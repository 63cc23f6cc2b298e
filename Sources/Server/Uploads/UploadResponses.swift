// SPDX-License-Identifier: Apache-2.0

import Access
import HTTP
import Net
import Packaging
import Sharing
import Time

/// The responses about files of uploaded streams.
enum UploadResponses {
  /// The Content-Type of a file by the end of its name.
  static func type(_ name: UploadName) -> String {
    switch name.suffix {
    case "mpd": "application/dash+xml"
    case "m3u8", "m3u": "application/vnd.apple.mpegurl"
    case "m4s", "mp4", "m4v", "cmfv", "cmf", "init": "video/mp4"
    case "m4a", "cmfa": "audio/mp4"
    case "cmft": "application/mp4"
    case "ts", "m2ts": "video/mp2t"
    case "aac": "audio/aac"
    case "webm": "video/webm"
    case "vtt": "text/vtt; charset=utf-8"
    case "jpg", "jpeg": "image/jpeg"
    case "png": "image/png"
    case "json": "application/json"
    case "xml": "application/xml"
    default: "application/octet-stream"
    }
  }

  /// The fields of a file: an index may be cached for a second, media as long as it is kept.
  static func fields(_ name: UploadName, _ limits: UploadLimits, isOpen: Bool) -> [HeaderField] {
    let caching: ResponseFields.Caching =
      name.isIndex ? .second : .uploaded(seconds: limits.span.wholeSeconds)
    let type = type(name)
    let priority: ResponseFields.Priority =
      name.isIndex ? .playlist : isOpen ? .openMedia : .media
    // `nosniff` is among them: an uploaded file must not become a page of this server.
    return ResponseFields.fields(type, caching, priority: priority)
  }

  /// The entity tag of the complete file with this number.
  static func tag(_ serial: UInt64) -> HeaderField { RestartETag.of("r\(serial)") }

  /// The response with a complete file.
  static func whole(_ file: UploadedFile, _ limits: UploadLimits) -> PreparedResponse {
    PreparedResponse(
      status: 200,
      fields: fields(file.name, limits, isOpen: false)
        + [PreparedResponse.acceptRanges, tag(file.serial)],
      body: file.read().chunks)
  }

  /// The head of the response with a file that grows.
  static func openHead(_ name: UploadName, _ limits: UploadLimits) -> PreparedResponse {
    PreparedResponse(status: 200, fields: fields(name, limits, isOpen: true))
  }

  static let unknown = PreparedResponse.error(404, "no such file was uploaded")
  static let broken = PreparedResponse.error(
    404, "the upload of the file was not completed", .noStore)
  static let removed = PreparedResponse.error(410, "the file was removed")

  /// The response to a publisher; it has few bytes, since some encoders do not read it.
  static func published(_ status: Int) -> PreparedResponse {
    PreparedResponse(status: status, fields: [HeaderField("Cache-Control", "no-store")])
  }

  /// One line for a publisher about a fault.
  static func refused(
    _ status: Int, _ line: String, _ more: [HeaderField] = []
  ) -> PreparedResponse {
    .text(status, line, fields: [HeaderField("Cache-Control", "no-store")] + more)
  }

  /// - Source: RFC 9110 §13.1.1, §15.5.13
  static let unmet = refused(
    412, "the condition of the request does not hold (If-Match, If-None-Match)")

  /// The page of an uploaded stream: its indexes, and links to the player page.
  ///
  /// Names need no escape in HTML. Links are relative, so that a prefix of the path is kept.
  ///
  /// - Parameters:
  ///   - entry: the stream.
  ///   - depth: the number of folders in the path of the page.
  /// - Returns: the page.
  static func page(_ entry: UploadEntry, depth: Int) -> PreparedResponse {
    let statistics = entry.stream.statistics
    let name = entry.name
    let root = "./" + String(repeating: "../", count: max(0, depth))
    let items = statistics.indexes.map { index in
      let path = "\(name)/\(index.text)"
      return "<li><a href=\"\(root)?src=\(path)\">play</a> <a href=\"\(root)\(path)\">/\(path)</a>"
        + "</li>"
    }
    let list =
      items.isEmpty
      ? "<p>No playlist or MPD was uploaded yet.</p>"
      : "<ul>\n" + items.joined(separator: "\n") + "\n</ul>"
    let upload = statistics.isUploading ? "An upload is in progress." : "No upload is in progress."
    let html = """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>\(name) (uploaded stream)</title>
      <meta name="viewport" content="width=device-width">
      <style>:root{color-scheme:light dark}body{font-family:sans-serif;margin:2em}</style></head>
      <body><h1>\(name)</h1>
      <p>This is an uploaded stream: its publisher uploads playlists and media, and they are
      served unchanged. \(upload)</p>
      \(list)
      </body></html>

      """
    return .document(
      html,
      fields: ResponseFields.fields("text/html; charset=utf-8", .second)
        + [PageFiles.referrerPolicy])
  }
}
