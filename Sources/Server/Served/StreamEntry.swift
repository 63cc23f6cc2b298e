// SPDX-License-Identifier: Apache-2.0

import Packaging
package import Streams

/// One stream of the server at one moment.
package struct StreamEntry: Sendable {
  /// The state of a stream.
  package enum State: Sendable {
    /// Nothing runs; a request starts it.
    case idle
    /// It has no media yet.
    case starting
    /// The stream has windows, which may have ended.
    case served(ServedStream)
    /// The stream could not start or has failed, for this reason.
    case failed(String)
  }

  /// The first element of its URLs.
  package let name: String
  let state: State
  /// The owner of the stream's sessions; nil for windows without one.
  package let supervisor: StreamSupervisor?
  /// How it is served.
  package let options: StreamServingOptions
  /// Whether another server continues the stream, and this one only has the media until then.
  var isLeft = false
  /// Its recording while nothing is served; nil without an archive.
  var recorded: RecordedStream?

  /// An entry of a stream in a state.
  ///
  /// - Parameters:
  ///   - name: the first element of its URLs.
  ///   - state: its state.
  ///   - supervisor: the owner of its sessions; nil for windows without one.
  ///   - options: how it is served.
  package init(
    name: String, state: State, supervisor: StreamSupervisor?, options: StreamServingOptions
  ) {
    self.init(
      name: name, state: state, supervisor: supervisor, options: options, isLeft: false,
      recorded: nil)
  }

  /// An entry, which may be one whose media another server continues, or a recording.
  init(
    name: String, state: State, supervisor: StreamSupervisor?, options: StreamServingOptions,
    isLeft: Bool = false, recorded: RecordedStream?
  ) {
    self.name = name
    self.state = state
    self.supervisor = supervisor
    self.options = options
    self.isLeft = isLeft
    self.recorded = recorded
  }

  /// Whether the stream no longer exists, and only its archive is left.
  var isRecording: Bool { supervisor == nil && recorded != nil }

  /// The served stream; nil in all other states.
  var served: ServedStream? { if case .served(let served) = state { served } else { nil } }

  /// Why the stream gets no media of its source; nil while it gets some.
  var outage: SourceOutage? { supervisor?.plan.outages.outage }

  /// The word for the state in statistics.
  var word: String {
    switch state {
    case .idle: "idle"
    case .starting: "starting"
    case .served(let served):
      switch served.window.snapshot.state {
      case .starting: "starting"
      case .live: "live"
      case .ended: "ended"
      }
    case .failed: "failed"
    }
  }

  /// All values of ``word``.
  static let words = ["idle", "starting", "live", "ended", "failed"]
}

/// The streams of the server at one moment; each change replaces the table.
struct StreamTable: Sendable {
  /// Rises with each change.
  var revision: Int
  /// The streams in the order of their addition.
  var streams: [StreamEntry]
  /// The uploaded streams.
  var uploads = UploadTable()
  /// The streams that publishers had created, of which only the archive is left.
  var recordings: [StreamEntry] = []

  /// The stream called `name`; without a name the default stream: `live`, else the first.
  func stream(_ name: String?) -> StreamEntry? {
    if let name { return streams.first { $0.name == name } }
    return stream("live") ?? streams.first
  }

  /// The stream called `name`, or its recording; without a name the default stream.
  func entry(_ name: String?) -> StreamEntry? {
    stream(name) ?? recordings.first { $0.name == name }
  }

  /// The served streams.
  var served: [ServedStream] { streams.compactMap(\.served) }
}
