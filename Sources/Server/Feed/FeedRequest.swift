// SPDX-License-Identifier: Apache-2.0

import HTTP
import Streams

/// A request for the feed of a stream, from another server that relays it.
struct FeedRequest {
  /// The identities of the servers that would get the stream, the server that asks last; nil if
  /// the field is malformed.
  private let identities: [String]?
  /// The segment with which the feed begins; nil for the first listed one.
  let segment: Int64?

  init(_ request: Request) {
    let field = request.header(ServerIdentity.field.lowercased()) ?? ""
    let words = field.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
    identities =
      words.count <= ServerIdentity.maximumServers
        && words.allSatisfy { ServerIdentity.isValid($0) }
      ? words : nil
    segment = request.queryItems.first { $0.name == "segment" }.flatMap { Int64($0.value) }
  }

  /// The servers from the first one to this one, for a stream with this link.
  static func path(_ link: UpstreamLink?) -> [String] {
    (link?.status.path ?? []) + [ServerIdentity.own]
  }

  /// The response for a server that cannot have the feed; nil if it can.
  ///
  /// Waiting servers are recorded to detect a loop: the upstream of this server may be among them.
  /// A stream that has started waits for no server, whatever a client states: then only the
  /// identity of the server that asks counts.
  func refusal(_ link: UpstreamLink?, hasStarted: Bool) -> PreparedResponse? {
    guard let identities else {
      return .error(
        400,
        "\(ServerIdentity.field): invalid value (expected at most \(ServerIdentity.maximumServers) "
          + "identities of 1–\(ServerIdentity.longest) letters and digits)", .noStore)
    }
    let path = Self.path(link)
    let tested = hasStarted ? identities.suffix(1) : identities[...]
    if tested.contains(where: { path.contains($0) }) {
      return .error(
        508, "the servers relay in a loop: this one gets the stream from the server that asks",
        .noStore)
    }
    guard path.count <= ServerIdentity.maximumServers else {
      return .error(508, "more than \(ServerIdentity.maximumServers) servers in a row", .noStore)
    }
    if !hasStarted { link?.note(identities) }
    return nil
  }
}
