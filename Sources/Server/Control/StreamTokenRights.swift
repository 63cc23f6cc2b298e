// SPDX-License-Identifier: Apache-2.0

import HTTP

/// The requests of `/api/streams/S` that a token of the stream S permits; the others need a token
/// of all streams.
enum StreamTokenRights {
  /// A request: the path after the name of the stream, and its methods; nil for all of them.
  struct Right: Sendable {
    let path: [String]
    let methods: Set<Method>?
  }

  /// The table of access.md.
  static let all = [
    Right(path: [], methods: [.get, .head, .delete]),
    Right(path: ["events"], methods: nil),
    Right(path: ["captions"], methods: nil),
  ]

  /// Whether a token of the stream in a path permits a request.
  static func permit(_ method: Method, _ path: [String]) -> Bool {
    guard path.count >= 3, path[1] == "streams" else { return true }
    let rest = Array(path[3...])
    return all.contains { $0.path == rest && ($0.methods?.contains(method) ?? true) }
  }
}
