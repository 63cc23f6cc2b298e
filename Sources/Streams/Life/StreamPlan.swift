// SPDX-License-Identifier: Apache-2.0

/// What one stream shall be, known before anything of it is opened.
package struct StreamPlan: Sendable {
  /// The first element of its URLs.
  package let name: String
  /// Whether it runs only while somebody asks for it.
  package var isOnDemand = false
  /// Whether a stream that has failed is tried again after a while.
  package var isRetried = false
  /// What was asked for, as text: two plans with the same are for the same stream.
  package var wish: [String] = []
  /// Called with the configuration whenever a start has succeeded, on a thread of the stream.
  package var opened: @Sendable (StreamConfiguration) -> Void = { _ in }
  /// Called when a source that is passed through turned out to be irregular, before the stream begins anew.
  package var turnedIrregular: @Sendable () -> Void = {}
  private let configure:
    @Sendable (StartCancellation) throws(StreamSession.Failure) -> StreamConfiguration

  /// A plan whose `configure` opens what must be open before size and rate are known.
  ///
  /// - Parameters:
  ///   - name: the first element of the stream's URLs.
  ///   - configure: called at each start, on a thread of the stream, which it may block until it is cancelled.
  package init(
    name: String,
    configure:
      @escaping @Sendable (StartCancellation) throws(StreamSession.Failure) ->
      StreamConfiguration
  ) {
    self.name = name
    self.configure = configure
  }

  /// A plan for which everything is known.
  package init(_ configuration: StreamConfiguration) {
    self.init(name: configuration.name) { _ throws(StreamSession.Failure) in configuration }
  }

  /// The configuration for one start; blocks until what it depends on is known.
  ///
  /// - Throws: what is wrong with it, anything once `cancellation` is cancelled.
  func configuration(
    _ cancellation: StartCancellation
  ) throws(StreamSession.Failure) -> StreamConfiguration {
    try configure(cancellation)
  }
}
