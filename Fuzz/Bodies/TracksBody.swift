// SPDX-License-Identifier: Apache-2.0

import Ingest

extension FuzzBody {
  /// The bytes of a CMAF track: the units do not depend on how the bytes are divided, and records
  /// carry them unchanged.
  ///
  /// The first byte chooses the division.
  static let tracks = FuzzBody(
    name: "tracks",
    sources: [
      "Ingest/CMAF/TrackReader.swift", "Ingest/CMAF/TrackFragment.swift",
      "Ingest/CMAF/TrackHeaderBox.swift", "Ingest/CMAF/SampleDescription.swift",
      "Ingest/CMAF/TrackConfiguration.swift",
    ]
  ) { bytes in
    guard let choice = bytes.first else { return nil }
    let rest = Array(bytes.dropFirst())
    let whole = TrackRun(rest, size: max(1, rest.count))
    let divided = TrackRun(rest, size: Int(choice) + 1)
    if whole.units != divided.units { return "other units in pieces of \(Int(choice) + 1)" }
    if whole.error != divided.error { return "another error in pieces of \(Int(choice) + 1)" }
    for unit in whole.units {
      switch unit {
      case .configuration(let configuration):
        if TrackConfiguration(configuration.tag) != configuration {
          return "\(configuration) is read differently"
        }
      case .sample(let sample):
        if TrackSample(sample.tag) != sample { return "\(sample) is read differently" }
        if sample.bytes.count > rest.count { return "a sample of \(sample.bytes.count) bytes" }
      }
    }
    return nil
  }
}

/// One track in pieces.
private struct TrackRun {
  private(set) var units: [TrackReader.Unit] = []
  private(set) var error: TrackError?

  init(_ bytes: [UInt8], size: Int) {
    var reader = TrackReader()
    var start = 0
    while start < bytes.count, error == nil {
      reader.append(Array(bytes[start..<min(bytes.count, start + size)]))
      start += size
      do throws(TrackError) {
        while let unit = try reader.next() { units.append(unit) }
      } catch { self.error = error }
    }
  }
}
