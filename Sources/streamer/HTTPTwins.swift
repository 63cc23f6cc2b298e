// SPDX-License-Identifier: Apache-2.0

import Archive
import HTTP
import Net
import Time

/// The twins of a stream, which are web servers.
struct HTTPTwins: TwinConnections {
  /// How long a twin may send no byte.
  private static let limit = Interval.seconds(10)

  private let urls: [String]
  private let trust: ServerTrust
  private let cancellation = ClientCancellation()

  /// The twins with these URLs, each of which ends in a slash.
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
  private let url: String
  private let client: HTTPClient

  init(_ url: String, _ client: HTTPClient) {
    self.url = url
    self.client = client
    let address = WebAddress(url, permitsUserInfo: true)
    name = address?.authority ?? ""
  }

  func get(_ path: String, limit: Int) throws(TwinFailure) -> [UInt8] {
    var body: [UInt8] = []
    do throws(HTTPClient.Failure) {
      try client.get(url + path)
      // A longer body is cut, and its check fails.
      while body.count <= limit, let piece = try client.next() { body += piece }
      return Array(body.prefix(limit))
    } catch {
      switch error {
      case .status(404), .status(410), .status(425), .status(400): throw .absent
      default: throw .failed("\(error)")
      }
    }
  }
}
