import Capture
import Logging
import Media
import Net
import Server
import Sharing
import Streams

/// Starts a pulled input and waits until it is known what it carries, which size and rate of the stream follow from.
struct InputStart {
  /// How long requests wait in the socket's queue before they are told to come again; nanoseconds.
  private static let patience: Int64 = 8_000_000_000

  let source: NetworkSource
  let endpoints: [Endpoint]

  /// The settings with the source's size and rate where none were asked for.
  ///
  /// - Throws: what is wrong with a file, or that the program shall end.
  func complete(_ settings: Settings) throws -> Settings {
    guard source.start() else { throw LiveStream.Failure.thread }
    let facts: NetworkSource.Facts?
    if let early = try source.waitForFacts(until: SystemClock.monotonic + Self.patience) {
      facts = early
    } else {
      let room = try WaitingRoom(endpoints)
      defer { room.close() }
      facts = try source.waitForFacts(until: nil)
    }
    var settings = settings
    guard let facts else { return settings }
    if settings.size == nil, settings.ladder.isEmpty {
      settings.size = facts.description.video.size
    }
    if !settings.isRateGiven { settings.rate = facts.rate }
    return settings
  }
}
