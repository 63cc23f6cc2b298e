// SPDX-License-Identifier: Apache-2.0

import Ingest

extension FuzzBody {
  /// The bytes of a client after its handshake: the events do not depend on how the bytes are
  /// divided, and neither do the answers, apart from acknowledgements.
  ///
  /// The first byte chooses the division, and whether the client may publish.
  static let rtmp = FuzzBody(
    name: "rtmp",
    sources: [
      "Ingest/RTMP/RTMPChunkReader.swift", "Ingest/RTMP/RTMPSession.swift",
      "Ingest/RTMP/RTMPCommand.swift", "Ingest/RTMP/RTMPHandshake.swift",
    ]
  ) { bytes in
    guard let choice = bytes.first else { return nil }
    let rest = Array(bytes.dropFirst())
    let whole = RTMPRun(rest, size: max(1, rest.count), mayPublish: choice & 1 == 0)
    let divided = RTMPRun(rest, size: Int(choice >> 1) + 1, mayPublish: choice & 1 == 0)
    if whole.events != divided.events { return "other events in pieces of \(choice >> 1 + 1)" }
    if whole.error != divided.error { return "another error in pieces of \(choice >> 1 + 1)" }
    // Each message of the client causes one answer at most, and each read an acknowledgement.
    if whole.outputCount > 8192 + 64 * rest.count { return "\(whole.outputCount) bytes of answers" }
    return nil
  }

  /// Messages of AMF 0: values that are written again are read as the same values.
  static let amf = FuzzBody(
    name: "amf", sources: ["Ingest/AMF/AMF0Reader.swift", "Ingest/AMF/AMF0Value.swift"]
  ) { bytes in
    var reader = AMF0Reader(bytes)
    guard let values = try? reader.rest() else { return nil }
    // Compared as bytes, since a number may be no number.
    let written = RTMPCommand.payload(values)
    var again = AMF0Reader(written)
    guard let same = try? again.rest() else { return "\(values) cannot be read again" }
    return RTMPCommand.payload(same) == written ? nil : "\(values) are read differently"
  }

  /// Tags of FLV, and records of media: bodies are within their tags, tracks have different
  /// numbers and the offset of their tag, configurations are kept once, and records are read as
  /// they were written.
  static let flv = FuzzBody(
    name: "flv",
    sources: [
      "Ingest/FLV/FLVVideoTag.swift", "Ingest/FLV/FLVAudioTag.swift", "Ingest/FLV/TagReader.swift",
      "Ingest/FLV/FLVAudioLanguages.swift", "Ingest/FLV/FLVMetadata.swift",
      "Ingest/FLV/FLVCuePoint.swift", "Ingest/FLV/FLVColourInfo.swift",
      "Ingest/Media/MediaRecord.swift", "Ingest/Media/MediaTag.swift",
    ]
  ) { bytes in
    let tracks = FLVVideoTag.tracks(of: bytes) ?? []
    guard tracks.count <= FLVVideoTag.maximumTracks,
      Set(tracks.map(\.track)).count == tracks.count
    else { return "tracks \(tracks.map(\.track))" }
    let sounds = (try? FLVAudioTag.tracks(of: bytes)) ?? []
    guard Set(sounds.map(\.track)).count == sounds.count,
      sounds.allSatisfy({ (0...255).contains($0.track) })
    else { return "audio tracks \(sounds.map(\.track))" }
    let offsets = Set(tracks.map(\.timeOffset) + sounds.map(\.timeOffset))
    guard offsets.allSatisfy((0..<1_000_000).contains), Set(tracks.map(\.timeOffset)).count <= 1
    else { return "offsets \(offsets)" }
    for body in tracks.map(\.body) + sounds.map(\.body) {
      if body.lowerBound < 0 || body.upperBound > bytes.count {
        return "a body in \(body) of \(bytes.count) bytes"
      }
    }
    if let metadata = FLVMetadata(message: bytes, isAMF3: false),
      FLVMetadata(metadata.tag) != metadata
    {
      return "\(metadata) is read differently"
    }
    if let cue = FLVCuePoint(message: bytes, isAMF3: false, timestamp: 7),
      FLVCuePoint(cue.tag) != cue
    {
      return "\(cue) is read differently"
    }
    var reader = MediaRecordReader()
    unsafe bytes.withUnsafeBufferPointer { unsafe reader.append($0) }
    var records: [MediaRecord] = []
    while let record = try? reader.next() { records.append(record) }
    var known = MediaConfigurations()
    let tags = [MediaTag.Kind.video, .audio].map {
      MediaTag(kind: $0, timestamp: 0, payload: bytes)
    }
    for record in [MediaRecord.begin] + tags.map({ .tag($0) }) + records {
      guard case .tag(let tag) = record else { continue }
      known.note(tag)
      known.note(tag)
    }
    let most = 2 * FLVVideoTag.maximumTracks + TrackConfiguration.maximumAudioTracks + 1
    guard known.tags.count <= most,
      known.tags.allSatisfy(\.isConfiguration)
    else { return "\(known.tags.count) configurations" }
    let written = records.flatMap { $0.head + $0.payload }
    var again = MediaRecordReader()
    unsafe written.withUnsafeBufferPointer { unsafe again.append($0) }
    for record in records where (try? again.next()) != record {
      return "\(record) is read differently"
    }
    return nil
  }
}

/// One session with the bytes of a client.
private struct RTMPRun {
  private(set) var events: [RTMPSession.Event] = []
  private(set) var error: RTMPError?
  private(set) var outputCount = 0

  init(_ bytes: [UInt8], size: Int, mayPublish: Bool) {
    var session = RTMPSession()
    var offset = 0
    let handshake = [3] + [UInt8](repeating: 0, count: 2 * RTMPHandshake.size)
    _ = try? session.next(handshake.span, at: &offset)
    var start = 0
    while start < bytes.count, error == nil {
      let piece = Array(bytes[start..<min(bytes.count, start + size)])
      start += piece.count
      var offset = 0
      do throws(RTMPError) {
        while let event = try session.next(piece.span, at: &offset) {
          events.append(event)
          guard case .publish = event else { continue }
          if mayPublish { session.accept() } else { session.refuse("no") }
          _ = session.requestReconnect("no")
        }
      } catch { self.error = error }
      outputCount += session.output.count
      session.output = []
    }
  }
}
