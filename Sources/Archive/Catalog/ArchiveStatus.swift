// SPDX-License-Identifier: Apache-2.0

package import Time

/// The state of a stream's archive, for operators.
package struct ArchiveStatus: Sendable, Equatable {
  /// The bytes of the hour files.
  package var bytes: Int64 = 0
  /// The wall clock of the oldest frame, and after the newest one; nil without any.
  package var oldest, newest: WallTime?
  /// The span of hours that are dated after the wall clock: a clock was wrong; nil without any.
  package var ahead: Range<WallTime>?
  /// The distance of the wall clock from the clock by which hours are too old.
  package var ageDistance: Interval = .zero
  /// The files that belong to another user than the program's, and are not read.
  package var foreign = 0
  /// The segments that were written since the start of the program.
  package var written: UInt64 = 0
  /// The segments that were not written since the start of the program.
  package var dropped: UInt64 = 0
  /// The segments that were fetched from a twin since the start of the program.
  package var healed: UInt64 = 0
  /// Why nothing is written at present; nil if nothing is wrong.
  package var error: String?
  /// The state of the objects; nil without a store.
  package var objects: ObjectStatus?
}

/// Why the archive has no answer.
package enum ArchiveFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The archive has no such media.
  case missing
  /// The media is older than the client may go back.
  case tooOld
  /// Too many requests wait, or a request has waited too long, or the folder is being read.
  case busy
  /// The client does not wait any more.
  case abandoned
  /// Only the object store has the media, and this thread does not wait for it.
  case stored
  /// The disk has refused.
  case disk(String)
  /// Other bytes were found in place of the media.
  case wrong(String)

  package var description: String {
    switch self {
    case .missing: "the archive does not have it"
    case .tooOld: "the media is older than viewers may go back"
    case .stored: "only the object store has the media"
    case .busy: "the past is busy"
    case .abandoned: "the client does not wait any more"
    case .disk(let reason), .wrong(let reason): reason
    }
  }
}
