// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// Joins the access units of equal timestamps of the video tracks of one publisher: a pure state
/// machine.
///
/// The tracks are renditions of one ladder if they have the same frames and the same key frames.
/// Else only the first track, track 0, is used.
package struct RenditionAligner: Sendable {
  /// Why the tracks are no ladder.
  package enum Fault: Sendable, Equatable, CustomStringConvertible {
    /// The key frames of a track are not those of the first.
    case keyFrames(Int)
    /// A track lacks a frame, or has one that another track lacks.
    case frames(Int)
    /// A track has another codec than the first.
    case codec(Int)

    /// The reason for the log.
    package var description: String {
      switch self {
      case .keyFrames(let track): "the key frames of track \(track) are not those of track 0"
      case .frames(let track): "the frames of track \(track) are not those of track 0"
      case .codec(let track): "track \(track) has another codec than track 0"
      }
    }
  }

  /// The access units of one time, by track.
  private struct Group: Sendable {
    let pts: SourceTime
    var units: [Int: AccessUnit]
  }

  /// The largest difference of the timestamps of one frame: FLV rounds them to milliseconds.
  private static let tolerance = Interval.milliseconds(5)
  /// The most frames that wait for a late track.
  private static let maximumWaiting = 64

  /// The numbers of the tracks beside the first, in ascending order.
  let others: [Int]
  /// Why only the first track is used; nil if all are.
  private(set) var fault: Fault?
  /// Incomplete groups, the oldest first.
  private var groups: [Group] = []
  /// Whether a group was complete.
  private var hasBegun = false

  /// An aligner of track 0 and `others`.
  init(others: [Int]) { self.others = others.sorted() }

  /// Uses only the first track from now on.
  mutating func fail(_ reason: Fault) { fault = fault ?? reason }

  /// Adds an access unit of a track.
  ///
  /// - Returns: the access units of the first track, each with those of the other tracks; alone
  ///   after a fault.
  mutating func take(_ unit: AccessUnit, track: Int) -> [AccessUnit] {
    if fault != nil || others.isEmpty { return flush() + (track == 0 ? [unit] : []) }
    if let index = groups.lastIndex(where: { ($0.pts - unit.pts).magnitude <= Self.tolerance }) {
      groups[index].units[track] = unit
    } else {
      let index = groups.lastIndex { $0.pts <= unit.pts }.map { $0 + 1 } ?? 0
      groups.insert(Group(pts: unit.pts, units: [track: unit]), at: index)
    }
    return complete() + (fault == nil ? [] : flush())
  }

  /// Takes the complete groups.
  private mutating func complete() -> [AccessUnit] {
    var found: [AccessUnit] = []
    while let index = groups.firstIndex(where: { isComplete($0) }) {
      // Each track sends its frames in order: an older group stays incomplete.
      if index > 0, hasBegun {
        fault = .frames(missing(groups[0]))
        return found
      }
      groups.removeFirst(index)
      let group = groups.removeFirst()
      guard var first = group.units[0] else { break }
      let units = others.compactMap { group.units[$0] }
      if let other = units.firstIndex(where: { $0.isKey != first.isKey }) {
        fault = .keyFrames(others[other])
        groups.insert(group, at: 0)
        return found
      }
      hasBegun = true
      first.others = units
      found.append(first)
    }
    if groups.count > Self.maximumWaiting { fault = .frames(missing(groups[0])) }
    return found
  }

  /// The access units of the first track that still wait.
  private mutating func flush() -> [AccessUnit] {
    defer { groups = [] }
    return groups.compactMap { $0.units[0] }
  }

  private func isComplete(_ group: Group) -> Bool {
    group.units[0] != nil && others.allSatisfy { group.units[$0] != nil }
  }

  /// The track to name: one without the frame, or one with a frame that the first track lacks.
  private func missing(_ group: Group) -> Int {
    guard group.units[0] != nil else { return group.units.keys.min() ?? 0 }
    return others.first { group.units[$0] == nil } ?? 0
  }
}
