// SPDX-License-Identifier: Apache-2.0

package import HTTP
import Net

/// What a request shows of its viewer of a stream; it decides statistics, and the rendition that
/// the server chooses, but no rights.
///
/// A player may name its session (CMCD `sid`, or `sid` of `hello`), and a valid token names its
/// owner. Both together are one viewer over connections of all addresses. A token may have been
/// given to many viewers, and a session may be any text: each of them alone is one viewer for each
/// address, and without a session for each name of a program.
/// - Source: CTA-5004 §3.3
package struct ViewerIdentity {
  /// The longest name of a session, in bytes.
  private static let maximumSessionLength = 64

  /// The viewer of a player that names no session.
  package let number: UInt64
  /// Whether the request had a token that names its owner.
  package let hasOwner: Bool
  /// The stream, and the owner of the token or the address.
  private let owner: Hasher

  /// `tokenOwner` is the viewer that a valid token of the request names; nil without a token.
  package init(_ request: Request, tokenOwner: String?, on stream: String) {
    var owner = Hasher()
    owner.combine(stream)
    owner.combine(tokenOwner)
    hasOwner = tokenOwner != nil
    var player = owner
    player.combine(request.peer.host)
    if tokenOwner == nil { owner = player }
    request.hash("user-agent", into: &player)
    number = Self.number(player)
    self.owner = owner
  }

  /// The viewer of a player that names its session; nil if the name is empty or too long.
  package func number(session: some StringProtocol) -> UInt64? {
    guard (1...Self.maximumSessionLength).contains(session.utf8.count) else { return nil }
    var hasher = owner
    hasher.combine(0)
    hasher.combine(String(session))
    return Self.number(hasher)
  }

  /// The viewer of a request with CMCD.
  package func number(_ report: CMCDReport?) -> UInt64 {
    report?.session.flatMap { number(session: $0) } ?? number
  }

  /// The upper half of the numbers: those of the lower half are WebSockets.
  private static func number(_ hasher: Hasher) -> UInt64 {
    UInt64(bitPattern: Int64(hasher.finalize())) | 1 << 63
  }
}
