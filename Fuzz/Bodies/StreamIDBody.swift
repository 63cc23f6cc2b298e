// SPDX-License-Identifier: Apache-2.0

import Ingest

extension FuzzBody {
  /// Stream IDs of SRT: an accepted one names a stream, and its path is a plain stream ID with the
  /// same meaning.
  static let streamID = FuzzBody(
    name: "streamid",
    sources: ["Ingest/SRT/SRTStreamID.swift", "Ingest/Media/PublisherPath.swift"]
  ) { bytes in
    do throws(SRTStreamIDError) {
      let path = try SRTStreamID(bytes).path
      guard !path.stream.isEmpty, !path.stream.utf8.contains(0x2F) else {
        return "the stream of \(path.path)"
      }
      guard path.path == path.stream + (path.key.isEmpty ? "" : "/" + path.key) else {
        return "\(path.path) is \(path.stream) and \(path.key)"
      }
      // A value of access control may begin like its prefix.
      guard !path.path.hasPrefix("#!"), path.path.utf8.count <= SRTStreamID.longest else {
        return nil
      }
      guard try SRTStreamID(Array(path.path.utf8)).path == path else {
        return "\(path.path) is another path"
      }
    } catch { if "\(error)".isEmpty { return "an error without a text" } }
    return nil
  }
}
