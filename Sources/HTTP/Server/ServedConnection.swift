// SPDX-License-Identifier: Apache-2.0

import Net

/// A connection of any version of HTTP, as its server sees it.
protocol ServedConnection: AnyObject {
  /// Its place in the server's table.
  var index: Int { get set }
  /// Who is at the other end.
  var peer: PeerAddress { get }
  /// Ends what takes too long.
  func check(_ now: Int64)
  /// Answers what is open, then closes; an idle connection at once.
  func drain()
}

/// Why a whole connection is refused, as its one answer.
struct Refusal {
  let status: Int
  let line: String
  let fault: ConnectionFault

  /// When to try again, in seconds.
  static let retryAfter = HeaderField("Retry-After", "1")
}
