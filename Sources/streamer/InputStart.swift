import Capture
import Media
import Sharing
import Streams

/// Starts a pulled input and waits until it is known what it carries, which size and rate of the stream follow from.
///
/// Requests wait in the queue of the socket meanwhile.
struct InputStart: Sendable {
  let source: NetworkSource
  private let outcome = Mailbox<Result<NetworkSource.Facts, InputError>?>(nil)

  init(_ source: NetworkSource) { self.source = source }

  /// Lets who waits go, since the program ends; a source that is known already goes on.
  func giveUp() { settle(.failure(.cancelled)) }

  /// The settings with the source's size and rate where none were asked for.
  ///
  /// - Throws: what is wrong with a file, or that the program shall end.
  func complete(_ settings: Settings) throws -> Settings {
    guard source.start() else { throw LiveStream.Failure.thread }
    source.whenKnown { settle($0) }
    let facts = try outcome.wait { $0 }.get()
    var settings = settings
    if settings.size == nil, settings.ladder.isEmpty {
      settings.size = facts.description.video.size
    }
    if !settings.isRateGiven { settings.rate = facts.rate }
    return settings
  }

  private func settle(_ result: Result<NetworkSource.Facts, InputError>) {
    outcome.update { $0 = $0 ?? result }
  }
}
