// SPDX-License-Identifier: Apache-2.0

/// One kind of input, and the properties that a fuzzing run and the replay of its corpora check.
package struct FuzzBody: Sendable {
  /// The name of the executable without `fuzz-`, and of the folders of its inputs.
  package let name: String
  /// Source files that the inputs must reach, for the coverage report.
  package let sources: [String]
  /// Checks any bytes without a trap.
  ///
  /// - Returns: the property that does not hold, or nil.
  package let run: @Sendable ([UInt8]) -> String?

  /// All targets.
  package static let all = [
    head, chunked, query, names, boxes, parameterSets, redaction, http1, http2, media, messages,
    sockets, rtmp, amf, flv, tracks, streamID, tokens, feed, response, archive, times, page,
    captions, metadata, encryption, healing, rtsp, xml, playlists,
  ]

  /// The target called `name`.
  package static func named(_ name: String) -> FuzzBody? { all.first { $0.name == name } }
}
