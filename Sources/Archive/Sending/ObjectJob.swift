// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Packaging
import Sharing
import System

/// One request of an archive to an object store, with the object's bytes from the disk.
struct ObjectJob: Sendable {
  /// The result of a request.
  enum Outcome: Sendable {
    /// The store has accepted it.
    case done
    /// It was not sent: it is unneeded, or the disk cannot read the object.
    case left
    /// The store has refused it, or does not answer.
    case failed(String)
  }

  private static let immutable = "public, max-age=31536000, immutable"
  /// The index of an hour changes when segments are healed or removed.
  private static let changing = "public, max-age=60"

  let catalog: StreamCatalog
  let rendition: String
  let name: HourName
  let request: TrackObjects.Request
  /// Ticks per second of the track.
  let timescale: Int

  /// Sends the request; blocks for up to a minute.
  func run(_ client: ObjectClient) -> Outcome {
    if case .segment(let row) = request, isRemoved(row) { return .left }
    do throws(ObjectClient.Failure) {
      guard let count = try send(client) else {
        catalog.update { state in
          state.objects?.failures += 1
          if case .segment(let row) = request {
            state.objects?.tracks[rendition]?.cannotRead(row)
          }
        }
        return .left
      }
      catalog.update { state in
        state.objects?.tracks[rendition, default: TrackObjects()]
          .done(request, of: name, timescale: timescale)
        if case .removal = request {
          state.objects?.removed += 1
        } else {
          state.objects?.put += 1
          state.objects?.bytes += UInt64(clamping: count)
        }
      }
      return .done
    } catch {
      catalog.update { $0.objects?.failures += 1 }
      return .failed(error.reason)
    }
  }

  /// Whether an operator has removed a segment since the request was chosen.
  private func isRemoved(_ row: SegmentRow) -> Bool {
    catalog.read { state in
      state.objects?.tracks[rendition]?.isRemoved(row, timescale: timescale) ?? false
    }
  }

  /// Sends the request.
  ///
  /// - Returns: the bytes of the object; nil if the disk cannot read it.
  private func send(_ client: ObjectClient) throws(ObjectClient.Failure) -> Int? {
    let (path, folder) = ("\(catalog.name)/\(rendition)", catalog.folder(of: rendition))
    let type = name.isAudio ? "audio/mp4" : "video/mp4"
    switch request {
    case .removal(let number):
      try client.remove("\(path)/segment\(number).m4s")
      return 0
    case .header:
      guard let file = try? DiskFile(folder.file(name), .reading), let size = try? file.size,
        let head = try? FileHead(
          size: size,
          { offset, count throws(SystemError) in
            try file.read(at: offset, count: count)
          }),
        let bytes = try? file.shared(at: 0, count: head.headerSize)
      else { return nil }
      try client.put(
        "\(path)/init-\(name.headerHash).mp4", bytes, type: type, caching: Self.immutable)
      return bytes.count
    case .segment(let row):
      guard let file = try? DiskFile(folder.file(name), .reading),
        let bytes = try? file.shared(at: row.offset, count: row.size), bytes.isSegment(row)
      else { return nil }
      try client.put(
        "\(path)/segment\(row.number).m4s", bytes, type: type, caching: Self.immutable)
      return bytes.count
    case .index:
      guard let file = try? DiskFile(folder.index(name), .reading), let size = try? file.size,
        let bytes = try? file.shared(at: 0, count: size)
      else { return nil }
      try client.put(
        "\(path)/\(name.indexPath)", bytes, type: "application/octet-stream",
        caching: Self.changing)
      return bytes.count
    }
  }
}

extension SharedBytes {
  /// Whether these are the bytes of a row: the file may have been replaced by a shorter one.
  fileprivate func isSegment(_ row: SegmentRow) -> Bool {
    var index = SegmentIndex()
    guard (try? index.append(self)) != nil else { return false }
    return index.decodeTime == row.decodeTime && index.duration == row.duration
  }
}
