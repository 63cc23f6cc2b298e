// SPDX-License-Identifier: Apache-2.0

import CMAF
import Checked
package import Sharing

/// The encryption of one track: from its clear header and chunks to encrypted ones.
///
/// Called by the thread that publishes the track. A chunk that cannot be encrypted is refused, and
/// never sent in the clear.
package final class TrackProtection: Sendable {
  private struct State: Sendable {
    var media: ProtectedHeader.Media?
    var sets = SliceParameterSets()
    var announced = Int64.min
    var hasReported = false
  }

  private let keys: StreamKeys
  private let report: @Sendable (String) -> Void
  private let state = Locked(State())

  /// The encryption of a track.
  ///
  /// - Parameters:
  ///   - keys: the keys of its stream.
  ///   - report: called once, with the reason, if media cannot be encrypted.
  package init(_ keys: StreamKeys, report: @escaping @Sendable (String) -> Void) {
    self.keys = keys
    self.report = report
  }

  /// Whether keys change.
  package var rotates: Bool { keys.rotation != nil }

  /// The encrypted form of a CMAF header, to which the next chunks belong; nil if the header cannot
  /// be encrypted.
  package func header(_ clear: [UInt8]) -> [UInt8]? {
    do throws(BoxError) {
      let header = try ProtectedHeader(clear, keys.header)
      state.withLock {
        $0.media = header.media
        if case .video(let codec) = header.media {
          $0.sets = SliceParameterSets(configuration: header.configuration, codec)
        }
      }
      return header.bytes
    } catch {
      state.withLock { $0.media = nil }
      fail("\(error)")
      return nil
    }
  }

  /// The encrypted form of a chunk of a segment; nil if the chunk cannot be encrypted.
  package func chunk(_ clear: SharedBytes, segment: Int64) -> SharedBytes? {
    let key = keys.key(publishing: segment, at: SystemClock.wallTime)
    let isGrouped = key.identifier != keys.header.identifier
    let result = state.withLock { state -> Result<[UInt8], BoxError> in
      guard let media = state.media else { return .failure(.missing("header")) }
      let announces = rotates && state.announced != segment
      let announced = announces ? [key, keys.next(after: segment)].compactMap(\.self) : []
      let result = Result { () throws(BoxError) in
        try ProtectedChunk.encrypt(
          clear.array,
          ProtectedChunk.Keys(
            key: key, isGrouped: isGrouped, announced: announced.map(\.identifier),
            signals: announced.flatMap(\.signals)),
          media, &state.sets)
      }
      if announces, case .success = result { state.announced = segment }
      return result
    }
    switch result {
    case .success(let bytes): return SharedBytes(bytes)
    case .failure(let error):
      fail("\(error)")
      return nil
    }
  }

  private func fail(_ reason: String) {
    let isFirst = state.withLock { state in
      defer { state.hasReported = true }
      return !state.hasReported
    }
    if isFirst { report(reason) }
  }
}
