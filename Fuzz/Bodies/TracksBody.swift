// SPDX-License-Identifier: Apache-2.0

import Ingest

extension FuzzBody {
  /// The bytes of a CMAF track: the units do not depend on how the bytes are divided, records carry
  /// them unchanged, and the same holds if each fragment has a body of its own.
  ///
  /// The first byte chooses the division.
  static let tracks = FuzzBody(
    name: "tracks",
    sources: [
      "Ingest/CMAF/TrackReader.swift", "Ingest/CMAF/TrackConfiguration.swift",
      "Ingest/CMAF/TrackEvent.swift", "CMAF/EventMessageFields.swift",
      "Ingest/CMAF/TrackConfiguration+Header.swift", "CMAF/BoxStream.swift",
      "CMAF/MovieFragment.swift", "CMAF/MovieHeader.swift", "CMAF/SampleEntry.swift",
      "CMAF/TrackUserData.swift",
    ]
  ) { bytes in
    guard let choice = bytes.first else { return nil }
    let rest = Array(bytes.dropFirst())
    let whole = TrackRun(rest, size: max(1, rest.count))
    let divided = TrackRun(rest, size: Int(choice) + 1)
    if whole.units != divided.units { return "other units in pieces of \(Int(choice) + 1)" }
    if whole.error != divided.error { return "another error in pieces of \(Int(choice) + 1)" }
    if whole.isBetweenBoxes != divided.isBetweenBoxes { return "another end" }
    let bodies = TrackRun.bodies(of: rest)
    let posted = TrackRun(bodies: bodies, size: max(1, rest.count))
    let pieces = TrackRun(bodies: bodies, size: Int(choice) + 1)
    if posted.units != pieces.units { return "other units of bodies in pieces" }
    if posted.error != pieces.error { return "another error of bodies in pieces" }
    for unit in whole.units + posted.units {
      switch unit {
      case .configuration(let configuration):
        if TrackConfiguration(configuration.tag) != configuration {
          return "\(configuration) is read differently"
        }
      case .sample(let sample):
        if TrackSample(sample.tag) != sample { return "\(sample) is read differently" }
        if sample.bytes.count > rest.count { return "a sample of \(sample.bytes.count) bytes" }
      case .texts(let texts):
        for text in texts where TrackText(text.tag) != text { return "\(text) is read differently" }
      case .event(let event?):
        if TrackEvent(event.tag) != event { return "\(event) is read differently" }
      case .event(nil): break
      }
    }
    return nil
  }
}

/// One track in pieces.
private struct TrackRun {
  private(set) var units: [TrackReader.Unit] = []
  private(set) var error: TrackError?
  private(set) var isBetweenBoxes = false

  init(_ bytes: [UInt8], size: Int) { self.init(bodies: [bytes], size: size) }

  init(bodies: [[UInt8]], size: Int) {
    var reader = TrackReader()
    for bytes in bodies {
      reader.beginBody()
      var start = 0
      while start < bytes.count, error == nil {
        reader.append(Array(bytes[start..<min(bytes.count, start + size)]))
        start += size
        do throws(TrackError) {
          while let unit = try reader.next() { units.append(unit) }
        } catch { self.error = error }
      }
    }
    isBetweenBoxes = error == nil && reader.isBetweenBoxes
  }

  /// The bytes, divided after each box after which a body may end.
  static func bodies(of bytes: [UInt8]) -> [[UInt8]] {
    var reader = TrackReader()
    var bodies: [[UInt8]] = []
    var body: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      let box = Array(size >= 8 ? rest.prefix(size) : rest)
      rest = rest.dropFirst(box.count)
      body += box
      reader.append(box)
      do throws(TrackError) { while try reader.next() != nil {} } catch {
        return bodies + [body + rest]
      }
      guard reader.isBetweenBoxes else { continue }
      reader.beginBody()
      bodies.append(body)
      body = []
    }
    return bodies + [body]
  }
}
