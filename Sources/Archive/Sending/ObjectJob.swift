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
    /// It was not sent: it is unneeded, or the disk has another object.
    case left
    /// It was not sent: the disk, or the system, refuses to read the object now.
    case refused
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
    let content: Content
    do throws(SystemError) { content = try read() } catch {
      catalog.update { $0.objects?.failures += 1 }
      return .refused
    }
    if case .other = content {
      catalog.update { state in
        state.objects?.failures += 1
        if case .segment(let row) = request {
          state.objects?.tracks[rendition]?.cannotRead(row)
        }
      }
      // Segments are left out until the next start. Others are tried again.
      if case .segment = request { return .left }
      return .refused
    }
    do throws(ObjectClient.Failure) {
      let count = try send(content, client)
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

  /// Whether another request is for the same hour file.
  func isOfSameFile(as other: ObjectJob) -> Bool {
    catalog === other.catalog && rendition == other.rendition && name == other.name
  }

  /// The content of an object.
  enum Content: Sendable {
    case bytes(SharedBytes)
    /// A removal has none.
    case none
    /// The disk has other bytes: the file is damaged, or was replaced.
    case other
  }

  /// Reads the object from the disk.
  ///
  /// - Throws: `SystemError` of the disk, which may be over later.
  func read() throws(SystemError) -> Content {
    let folder = catalog.folder(of: rendition)
    let bytes: SharedBytes?
    switch request {
    case .removal: return .none
    case .header:
      let file = try DiskFile(folder.file(name), .reading)
      guard let head = try FileHead(size: try file.size, file.read) else { return .other }
      bytes = try file.shared(at: 0, count: head.headerSize)
    case .segment(let row):
      let file = try DiskFile(folder.file(name), .reading)
      bytes = try file.shared(at: row.offset, count: row.size)
      guard bytes?.isSegment(row) ?? false else { return .other }
    case .index:
      let file = try DiskFile(folder.index(name), .reading)
      // The index of an hour that is being finished has no sums yet.
      guard HourIndex.summary(try file.read(at: 0, count: HourIndex.headSize)) != nil else {
        return .other
      }
      bytes = try file.shared(at: 0, count: try file.size)
    }
    return bytes.map { .bytes($0) } ?? .other
  }

  /// Sends the request.
  ///
  /// - Returns: the bytes of the object.
  private func send(
    _ content: Content, _ client: ObjectClient
  ) throws(ObjectClient.Failure) -> Int {
    let file =
      switch request {
      case .removal(let number): "segment\(number).m4s"
      case .header: "init-\(name.headerHash).mp4"
      case .segment(let row): "segment\(row.number).m4s"
      case .index: name.indexPath
      }
    let key = "\(catalog.name)/\(rendition)/\(file)"
    if case .removal = request { try client.remove(key) }
    guard case .bytes(let bytes) = content else { return 0 }
    if case .index = request {
      try client.put(key, bytes, type: "application/octet-stream", caching: Self.changing)
    } else {
      let type = name.isAudio ? "audio/mp4" : "video/mp4"
      try client.put(key, bytes, type: type, caching: Self.immutable)
    }
    return bytes.count
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
