// SPDX-License-Identifier: Apache-2.0

extension ServerState {
  /// How far viewers of a stream may go back; nil without the stream, or without its archive.
  package func reach(of name: String) -> PastReach? {
    guard let options = streamTable.stream(name)?.options, options.archive != nil else {
      return nil
    }
    return options.reach
  }

  /// The most recordings of streams that no longer exist.
  package static let maximumRecordings = 1000

  /// Serves the archive of a stream that a publisher had created, until the stream exists again.
  package func addRecording(_ name: String, options: StreamServingOptions) {
    changeTable { table in
      var recordings = table.recordings
      Self.add(name, options, to: &recordings, beside: table.streams)
      return (table.streams, recordings)
    }
  }

  /// Serves each of them by other options; nil removes one.
  package func updateRecordings(_ options: (String) -> StreamServingOptions?) {
    let updated = streamTable.recordings.map { ($0.name, options($0.name)) }
    guard !updated.isEmpty else { return }
    changeTable { table in
      var recordings = table.recordings
      for (name, options) in updated {
        recordings.removeAll { $0.name == name }
        if let options { Self.add(name, options, to: &recordings, beside: table.streams) }
      }
      return (table.streams, recordings)
    }
  }

  static func add(
    _ name: String, _ options: StreamServingOptions, to recordings: inout [StreamEntry],
    beside streams: [StreamEntry]
  ) {
    recordings.removeAll { $0.name == name }
    guard recordings.count < maximumRecordings, !streams.contains(where: { $0.name == name }),
      let recorded = RecordedStream(name, options)
    else { return }
    recordings.append(
      StreamEntry(
        name: name, state: .idle, supervisor: nil, options: options, recorded: recorded))
  }
}
