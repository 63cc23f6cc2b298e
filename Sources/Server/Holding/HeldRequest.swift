// SPDX-License-Identifier: Apache-2.0

import HTTP

/// A request that waits: what it waits for and since when.
///
/// Confined to its loop.
final class HeldRequest {
  /// What is done when it is let go.
  enum Purpose {
    /// The stream starts: it is routed again.
    case anything
    /// A playlist by `_HLS_msn` and `_HLS_part`.
    case playlist(PlaylistCache.Key)
    /// A playlist by `wait`: at the deadline the current one is the answer.
    case poll(PlaylistCache.Key)
    /// A part that was announced.
    case part(Int64, of: Int64)
  }

  let exchange: any Exchange
  let purpose: Purpose
  /// Monotonic nanoseconds at which it was asked.
  let since: Int64
  /// Whether the answer depends on nothing but what is asked for: then the request is not looked at again.
  let isPlain: Bool

  init(_ exchange: any Exchange, _ purpose: Purpose, since: Int64) {
    self.exchange = exchange
    self.purpose = purpose
    self.since = since
    let request = exchange.request
    isPlain = request.header("range") == nil && !PrefetchHint.isAsked(request)
  }

  /// Whether it waits for a part's bytes and not for what playlists list.
  var isForPart: Bool { if case .part = purpose { true } else { false } }

  /// What it waits for.
  var kind: HoldKind {
    switch purpose {
    case .anything: .start
    case .playlist, .poll: .playlist
    case .part: .part
    }
  }

  /// The field that tells the client how long it waited.
  func heldField(_ now: Int64) -> HeaderField {
    HeaderField("X-Held-Ms", String((now - since) / 1_000_000))
  }
}
