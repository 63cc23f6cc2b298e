// SPDX-License-Identifier: Apache-2.0

package import Time

/// The content of the object store of one stream.
package struct StreamObjects: Sendable {
  /// The renditions by name.
  package var tracks: [String: TrackObjects] = [:]
  /// Whether the marks were read.
  package var isLoaded = false
  /// The objects that were put since the start of the program, and their bytes.
  package var put: UInt64 = 0, bytes: UInt64 = 0
  /// The objects that were removed from the store since then.
  package var removed: UInt64 = 0
  /// The requests that failed since then.
  package var failures: UInt64 = 0
  /// The answers of the store with other bytes than those of the object.
  package var wrong: UInt64 = 0
  /// The hours that the full disk removed before the store had them.
  package var lost: UInt64 = 0
  /// Why nothing is put at present; nil if nothing is wrong.
  package var error: String?
  /// The time of the oldest media that the store lacks; nil if it has all.
  package var missing: WallTime?

  /// Whether the store has all of an hour file.
  package func hasAll(_ name: HourName, _ summary: HourIndex.Summary, of rendition: String) -> Bool
  {
    isLoaded
      && tracks[rendition]?.isComplete(
        TrackObjects.Hour(name: name, summary: summary, isOpen: false)) ?? false
  }
}

/// The state of a stream's objects, for operators.
package struct ObjectStatus: Sendable, Equatable {
  /// See ``StreamObjects``.
  package let put, bytes, removed, failures, lost, wrong: UInt64
  /// Why nothing is put at present; nil if nothing is wrong.
  package let error: String?
  /// The age of the oldest media that the store lacks; zero if it has all.
  package let lag: Interval

  init(_ objects: StreamObjects, now: WallTime) {
    (put, bytes, removed) = (objects.put, objects.bytes, objects.removed)
    (failures, lost, wrong) = (objects.failures, objects.lost, objects.wrong)
    error = objects.error
    lag = objects.missing.map { max(.zero, now - $0) } ?? .zero
  }
}
