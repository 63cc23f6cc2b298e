// SPDX-License-Identifier: Apache-2.0

import Logging
import Media
import Sharing
import Time

/// Requests to the twins.
extension HealingPass {
  /// The segments of a hole that the twins list; complete if one of them has answered.
  mutating func list(
    _ hole: Healing.Hole
  ) -> (found: [Int64: Listed], isComplete: Bool) {
    var found: [Int64: Listed] = [:]
    var isComplete = false
    let count = Int(clamping: hole.numbers.count)
    let (first, end) = (hole.numbers.lowerBound, hole.numbers.upperBound.addingSaturated(1))
    for twin in healing.order where found.count < count {
      guard healing.mayAsk(twin, now: ArchiveClock.monotonicTime) else { continue }
      // A twin without an archive has the segments of its window.
      for path in ["from/\(first)/to/\(end)/playlist.m3u8", "playlist.m3u8"] {
        do throws(TwinFailure) {
          let body = try get("\(hole.rendition)/\(path)", twin, limit: Self.limits.playlist)
          isComplete = true
          let playlist = TwinPlaylist(String(decoding: body, as: UTF8.self))
          for (number, entry) in playlist.entries
          where hole.numbers.contains(number) && found[number] == nil {
            found[number] = Listed(twin: twin, entry: entry)
          }
          break
        } catch {
          guard error == .absent else {
            note(error, twin, withMedia: false)
            break
          }
          isComplete = true
        }
      }
    }
    return (found, isComplete)
  }

  /// Fetches one segment, and its header if that is not known.
  mutating func fetch(
    _ number: Int64, _ source: Listed, _ track: Track, _ before: HoleNeighbour,
    _ lastHash: String, _ headers: inout [String: [UInt8]]
  ) -> HealedSegment? {
    let hash = source.entry.headerHash
    do throws(TwinFailure) {
      if headers[hash] == nil { headers[hash] = try header(hash, source.twin, track) }
      guard let header = headers[hash] else { return nil }
      let path = "\(track.name)/segment\(number).m4s"
      let bytes = try get(path, source.twin, limit: before.limit)
      let segment: HealedSegment
      do throws(HealedSegment.Fault) {
        segment = try HealedSegment(
          number, bytes, header: header, track.segmentation,
          startsDiscontinuity: source.entry.startsDiscontinuity || hash != lastHash)
      } catch { throw .wrong("\(path): \(error)") }
      let digest = SegmentDigest.of(SharedBytes(bytes))
      // An archive states the digest of the bytes.
      if let tag = twins[source.twin].tag.flatMap({ ContentTag(entityTag: $0) }) {
        guard digest.map({ ContentTag($0) }) == tag else {
          throw .wrong("\(path): other bytes than its ETag states")
        }
      } else {
        compare(digest, path, source.twin, limit: before.limit)
      }
      answered(source.twin, withMedia: true)
      return segment
    } catch {
      if error != .absent { note(error, source.twin, withMedia: true) }
      if case .failed = error { return nil }
    }
    let hole = Healing.Hole(rendition: track.name, numbers: number...number)
    healing.absent(hole, now: ArchiveClock.monotonicTime)
    return nil
  }

  /// Compares a segment whose digest no twin has stated with that of the next twin; names both if
  /// they differ.
  private mutating func compare(
    _ digest: SegmentDigest?, _ path: String, _ twin: Int, limit: Int
  ) {
    let now = ArchiveClock.monotonicTime
    guard let digest, !hasNamedDifference,
      let other = healing.order.first(where: { $0 != twin && healing.mayAsk($0, now: now) }),
      let bytes = try? get(path, other, limit: limit),
      let second = SegmentDigest.of(SharedBytes(bytes)), second.media != digest.media
    else { return }
    hasNamedDifference = true
    log.write(
      .warning, "twins-differ", stream: archive.name,
      "\(path): \(twins[twin].name) and \(twins[other].name) have other media; that of "
        + "\(twins[twin].name) is kept")
  }

  /// A CMAF header: from the archive, or from a twin.
  private mutating func header(
    _ hash: String, _ twin: Int, _ track: Track
  ) throws(TwinFailure) -> [UInt8] {
    if let own = try? reader.header(hash, of: track.name)?.array { return own }
    let path = "\(track.name)/init-\(hash).mp4"
    let header = try get(path, twin, limit: Self.limits.header)
    do throws(HealedSegment.Fault) {
      try HealedSegment.check(header: header, hash: hash, track.segmentation)
      return header
    } catch { throw .wrong("\(path): \(error)") }
  }

  /// Sends a request to a twin when it is time.
  private mutating func get(
    _ path: String, _ twin: Int, limit: Int
  ) throws(TwinFailure) -> [UInt8] {
    guard !isCancelled(healing.request(now: ArchiveClock.monotonicTime)) else {
      throw .failed("cancelled")
    }
    let start = ArchiveClock.monotonicTime
    var count = 0
    defer { healing.finished(since: start, bytes: count, now: ArchiveClock.monotonicTime) }
    do throws(TwinFailure) {
      let body = try twins[twin].get(path, limit: limit)
      count = body.count
      answered(twin, withMedia: false)
      return body
    } catch {
      if error == .absent { answered(twin, withMedia: false) }
      throw error
    }
  }

  private mutating func answered(_ twin: Int, withMedia isMedia: Bool) {
    guard healing.answered(twin, withMedia: isMedia) else { return }
    log.write(
      .info, "twin-recovered", stream: archive.name, "\(twins[twin].name) answers again")
  }

  /// Notes a failure of a twin; the log has the first one of an outage.
  private mutating func note(_ error: TwinFailure, _ twin: Int, withMedia isMedia: Bool) {
    guard healing.failed(twin, withMedia: isMedia, now: ArchiveClock.monotonicTime), !hasEnded
    else { return }
    log.write(
      .warning, "twin-failed", stream: archive.name,
      "\(twins[twin].name): \(error); it is asked again, at most once a minute")
  }
}
