// SPDX-License-Identifier: Apache-2.0

/// The media that one client of a stream wants, and whether it gets them: pure.
enum ViewerState {
  /// The client has not asked for media.
  case idle
  /// The request waits until the stream has media; `isRestart` says that the client had media of a
  /// session of the stream that has ended.
  case pending(SubscriptionRequest, isRestart: Bool, isPaused: Bool)
  /// The client belongs to the groups of its request.
  case receiving(SubscriptionRequest, isPaused: Bool)

  /// The subscription that the client asked for; nil if it wants none.
  var request: SubscriptionRequest? {
    switch self {
    case .idle: nil
    case .pending(let request, _, _), .receiving(let request, _): request
    }
  }

  /// Whether the request waits until the stream has media.
  var isPending: Bool { if case .pending = self { true } else { false } }

  /// Whether the client wants no media at present.
  var isPaused: Bool {
    switch self {
    case .idle: false
    case .pending(_, _, let isPaused), .receiving(_, let isPaused): isPaused
    }
  }

  /// The client asks for media.
  mutating func subscribe(_ request: SubscriptionRequest) {
    self = .pending(request, isRestart: false, isPaused: false)
  }

  /// The client chooses a video rendition; nil leaves the choice to the server.
  mutating func choose(_ rendition: String?) {
    switch self {
    case .idle: break
    case .pending(var request, let isRestart, let isPaused):
      request.rendition = rendition
      self = .pending(request, isRestart: isRestart, isPaused: isPaused)
    case .receiving(var request, let isPaused):
      request.rendition = rendition
      self = .receiving(request, isPaused: isPaused)
    }
  }

  /// The client chooses an audio rendition by its name.
  mutating func choose(audio name: String) {
    switch self {
    case .idle: break
    case .pending(var request, let isRestart, let isPaused):
      request.audio = name
      self = .pending(request, isRestart: isRestart, isPaused: isPaused)
    case .receiving(var request, let isPaused):
      request.audio = name
      self = .receiving(request, isPaused: isPaused)
    }
  }

  /// The client wants no media for the present, or wants them again.
  mutating func pause(_ isPaused: Bool) {
    switch self {
    case .idle: break
    case .pending(let request, let isRestart, _):
      self = .pending(request, isRestart: isRestart, isPaused: isPaused)
    case .receiving(let request, _): self = .receiving(request, isPaused: isPaused)
    }
  }

  /// The client joins the groups of its request.
  ///
  /// - Returns: whether they continue media of a session of the stream that has ended; nil without
  ///   a request.
  mutating func join() -> Bool? {
    switch self {
    case .idle: return nil
    case .pending(let request, let isRestart, let isPaused):
      self = .receiving(request, isPaused: isPaused)
      return isRestart
    case .receiving: return false
    }
  }

  /// The session of the stream has ended; `hadMedia` says whether the client was in a group.
  mutating func restart(hadMedia: Bool) {
    switch self {
    case .idle: break
    case .pending(let request, let isRestart, let isPaused):
      self = .pending(request, isRestart: isRestart || hadMedia, isPaused: isPaused)
    case .receiving(let request, let isPaused):
      self = .pending(request, isRestart: hadMedia, isPaused: isPaused)
    }
  }
}
