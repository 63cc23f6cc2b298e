// SPDX-License-Identifier: Apache-2.0

import Checked
import HTTP
import Net
import Sharing

/// Errors as pages, for people: at addresses of pages, and at paths without content.
///
/// The words are for people. The line for programs is in small print after them.
struct ErrorPages: Sendable {
  /// The words of an error.
  struct Words {
    let title: String
    let text: String
    /// Addresses with their words, the usual one first.
    var exits: [(address: String, text: String)] = []
  }

  /// `Accept` decides between the page and the line.
  static let vary = HeaderField("Vary", "Accept")

  /// The usual response to programs, rendered once.
  private static let notFound = PreparedResponse(
    status: 404, fields: PreparedResponse.notFound.fields + [vary],
    slices: PreparedResponse.notFound.body)

  private let template: String

  /// The pages with this HTML, which has names in braces for the words.
  init(_ html: [UInt8]) { template = String(decoding: html, as: UTF8.self) }

  /// The response with an error for a client: a page if `Accept` prefers HTML to text.
  ///
  /// - Parameters:
  ///   - error: the response to a program.
  ///   - request: the request at the address of a page, or at an unknown path.
  ///   - words: the words for people.
  /// - Returns: both depend on `Accept`, and no cache keeps the page.
  func response(
    _ error: PreparedResponse, to request: Request, _ words: @autoclosure () -> Words
  ) -> PreparedResponse {
    guard request.prefers("text/html", over: "text/plain") else {
      if error === PreparedResponse.notFound { return Self.notFound }
      return PreparedResponse(
        status: error.status, fields: error.fields + [Self.vary], slices: error.body)
    }
    return page(error, words())
  }

  private func page(_ error: PreparedResponse, _ words: Words) -> PreparedResponse {
    let isOpen = error.fields.contains { $0.isNamed("access-control-allow-origin") }
    let kept = error.fields.filter { field in
      ["www-authenticate", "retry-after"].contains { field.isNamed($0) }
    }
    let fields =
      isOpen
      ? ResponseFields.fields(PageFiles.html, .noStore)
      : [HeaderField("Content-Type", PageFiles.html)] + ResponseFields.sameOrigin
    let line = error.body.map { String(decoding: $0.bytes.array, as: UTF8.self) }.joined()
    return .document(
      html(words, fact: "\(error.status): \(line.split(separator: "\n").first ?? "")"),
      status: error.status, fields: fields + [PageFiles.referrerPolicy, Self.vary] + kept)
  }

  private func html(_ words: Words, fact: String) -> String {
    let title = XMLElement.escaped(words.title)
    let exits = words.exits.enumerated().map { index, exit in
      "<a class=\"btn\(index == 0 ? " go" : "")\" href=\"\(exit.address)\">"
        + "\(XMLElement.escaped(exit.text))</a>"
    }
    // The title is last: a client may have chosen a part of it.
    return template.replacing("{{fact}}", with: XMLElement.escaped(fact))
      .replacing("{{words}}", with: XMLElement.escaped(words.text))
      .replacing("{{exits}}", with: "<p class=\"exits\">\(exits.joined())</p>")
      .replacing("{{heading}}", with: title).replacing("{{title}}", with: title)
  }
}

extension ErrorPages.Words {
  /// The words of a status without others.
  ///
  /// - Parameters:
  ///   - status: the status of the response.
  ///   - root: the relative address of the list of streams.
  init(_ status: Int, root: String) {
    let list = (address: root, text: "All streams")
    switch status {
    case 401:
      self.init(
        title: "This page needs a password",
        text: "The password is the admin token of this server. Who runs the server has it.",
        exits: [list])
    case 403:
      self.init(
        title: "No access", text: "This server shows this page to its administrators only.",
        exits: [list])
    case 410:
      self.init(
        title: "This link has expired", text: "Ask the person who sent it for a new one.",
        exits: [list])
    case 503:
      self.init(
        title: "The server is busy", text: "Load the page again in a few seconds.", exits: [list])
    default:
      self.init(
        title: "There is no such page",
        text: "It was renamed or removed, or the address has a typing error.", exits: [list])
    }
  }

  /// The words for a stream that does not exist, with the streams that do.
  init(noStream name: String, among streams: [StreamEntry], root: String) {
    let links = streams.prefix(Self.mostStreams).map { stream in
      (address: "\(root)\(stream.name)/", text: stream.options.label ?? stream.name)
    }
    self.init(
      title: "There is no stream called “\(name.prefix(Self.longestName))”",
      text: "It was renamed or removed, or the address has a typing error.",
      exits: [(address: root, text: "All streams")] + links)
  }

  /// The most streams that a page of an error names.
  private static let mostStreams = 12
  /// The characters of an unknown name that a page repeats.
  private static let longestName = 80
}
