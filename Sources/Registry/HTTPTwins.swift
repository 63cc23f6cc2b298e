// SPDX-License-Identifier: Apache-2.0

import Archive
import HTTP
import Net
import Sharing
import Time
import Versions

/// The twins of a stream, which are web servers.
struct HTTPTwins: TwinConnections {
  /// How long a twin may send no byte.
  private static let limit = Interval.seconds(10)
  /// How long a body may take.
  fileprivate static let bodyLimit = Interval.seconds(30)

  private let urls: [String]
  private let trust: ServerTrust
  private let cancellation = ClientCancellation()

  /// The twins with these URLs, whose paths end in a slash.
  init(_ urls: [String], _ trust: ServerTrust) {
    self.urls = urls
    self.trust = trust
  }

  func open() -> [any Twin] {
    urls.map { url in
      HTTPTwin(
        url,
        HTTPClient(
          trust, agent: "streamer/\(Version.text)", limit: Self.limit, cancellation))
    }
  }

  func cancel() { cancellation.cancel() }
}

/// One twin.
private struct HTTPTwin: Twin {
  let name: String
  /// The URL up to its query, and the query with its question mark.
  private let base, query: Substring
  private let client: HTTPClient

  init(_ url: String, _ client: HTTPClient) {
    base = url.prefix { $0 != "?" }
    query = url[base.endIndex...]
    self.client = client
    name = WebAddress(url, longest: 2048, permitsUserInfo: true)?.authority ?? ""
  }

  var tag: String? { client.head?.value("etag") }

  func get(_ path: String, limit: Int) throws(TwinFailure) -> [UInt8] {
    let fault: String
    do throws(HTTPClient.Failure) {
      try client.get("\(base)\(path)\(query)")
      var body: [UInt8] = []
      let deadline = SystemClock.monotonicTime + HTTPTwins.bodyLimit
      while body.count <= limit, SystemClock.monotonicTime < deadline {
        guard let piece = try client.next() else { return body }
        body += piece
      }
      fault =
        body.count > limit
        ? "more than \(limit) bytes" : "no end within \(HTTPTwins.bodyLimit.wholeSeconds) s"
    } catch {
      switch error {
      case .status(404), .status(410), .status(425), .status(400): throw .absent
      default: throw .failed("\(error)")
      }
    }
    throw .wrong("\(path): \(fault)")
  }
}
