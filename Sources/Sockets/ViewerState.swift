// SPDX-License-Identifier: Apache-2.0

/// The media that one client of a stream wants, and whether it gets them: pure.
///
/// Without a request the client has not asked for media.
struct ViewerState {
  /// The subscription that the client asked for; nil if it wants none.
  private(set) var request: SubscriptionRequest?
  /// Whether the request waits until the stream has media; if not, the client belongs to the groups
  /// of its request.
  private(set) var isPending = false
  /// Whether the client wants no media at present.
  private(set) var isPaused = false
  /// Whether the client that waits had media of a session of the stream that has ended.
  private var isRestart = false

  /// The client asks for media.
  mutating func subscribe(_ request: SubscriptionRequest) {
    self = ViewerState()
    (self.request, isPending) = (request, true)
  }

  /// The client chooses a video rendition; nil leaves the choice to the server.
  mutating func choose(_ rendition: String?) { request?.rendition = rendition }

  /// The client chooses an audio rendition by its name.
  mutating func choose(audio name: String) { request?.audio = name }

  /// The client wants no media for the present, or wants them again.
  mutating func pause(_ isPaused: Bool) { if request != nil { self.isPaused = isPaused } }

  /// The client joins the groups of its request.
  ///
  /// - Returns: whether they continue media of a session of the stream that has ended; nil without
  ///   a request.
  mutating func join() -> Bool? {
    guard request != nil else { return nil }
    defer { (isPending, isRestart) = (false, false) }
    return isRestart
  }

  /// The session of the stream has ended; `hadMedia` says whether the client was in a group.
  mutating func restart(hadMedia: Bool) {
    guard request != nil else { return }
    (isPending, isRestart) = (true, isRestart || hadMedia)
  }
}
