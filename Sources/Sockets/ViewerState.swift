// SPDX-License-Identifier: Apache-2.0

/// The media that one client of a stream wants, and whether it gets them: pure.
enum ViewerState {
  /// The media that a client has asked for.
  struct RequestedMedia {
    /// The subscription.
    var request: SubscriptionRequest
    /// Whether the client wants no media at present.
    var isPaused = false
  }

  /// The client wants no media.
  case idle
  /// The request waits until the stream has media; `isRestart` if the client had media of a session
  /// of the stream that has ended.
  case pending(RequestedMedia, isRestart: Bool)
  /// The client belongs to the groups of its request.
  case receiving(RequestedMedia)

  /// The requested media; nil if the client wants none.
  private(set) var requested: RequestedMedia? {
    get {
      switch self {
      case .idle: nil
      case .pending(let requested, _), .receiving(let requested): requested
      }
    }
    set {
      guard let newValue else { return self = .idle }
      switch self {
      case .idle: break
      case .pending(_, let isRestart): self = .pending(newValue, isRestart: isRestart)
      case .receiving: self = .receiving(newValue)
      }
    }
  }

  /// The subscription that the client asked for; nil if it wants none.
  var request: SubscriptionRequest? { requested?.request }
  /// Whether the request waits until the stream has media.
  var isPending: Bool { if case .pending = self { true } else { false } }
  /// Whether the client wants no media at present.
  var isPaused: Bool { requested?.isPaused ?? false }

  /// The client asks for media.
  mutating func subscribe(_ request: SubscriptionRequest) {
    self = .pending(RequestedMedia(request: request), isRestart: false)
  }

  /// The client chooses a video rendition; nil leaves the choice to the server.
  mutating func choose(_ rendition: String?) { requested?.request.rendition = rendition }

  /// The client chooses an audio rendition by its name.
  mutating func choose(audio name: String) { requested?.request.audio = name }

  /// The client wants no media for the present, or wants them again.
  mutating func pause(_ isPaused: Bool) { requested?.isPaused = isPaused }

  /// The client joins the groups of its request.
  ///
  /// - Returns: whether they continue media of a session of the stream that has ended; nil without
  ///   a request.
  mutating func join() -> Bool? {
    switch self {
    case .idle: return nil
    case .pending(let requested, let isRestart):
      self = .receiving(requested)
      return isRestart
    case .receiving: return false
    }
  }

  /// The session of the stream has ended; `hadMedia` says whether the client was in a group.
  mutating func restart(hadMedia: Bool) {
    switch self {
    case .idle: break
    case .pending(let requested, let isRestart):
      self = .pending(requested, isRestart: isRestart || hadMedia)
    case .receiving(let requested): self = .pending(requested, isRestart: hadMedia)
    }
  }
}
