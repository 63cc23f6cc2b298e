// SPDX-License-Identifier: Apache-2.0

import Packaging
import Sharing
import System

/// Reading and writing of the marks of a stream's objects, for the writer's thread and for that of
/// the objects: one at a time, so that no mark on the disk becomes older.
///
/// Each call may block for as long as the disk does.
extension StreamCatalog {
  /// Reads the marks of the stream, unless they are known.
  ///
  /// - Returns: false while the folder of the stream is not read.
  func loadMarks() -> Bool {
    marksLock.withLock { _ in
      let (isReady, isKnown) = read { ($0.isLoaded, $0.objects?.isLoaded ?? false) }
      guard isReady, !isKnown else { return isReady }
      var tracks: [String: TrackObjects] = [:]
      for rendition in DiskFolder.entries(folder).folders where StreamName.isValid(rendition) {
        tracks[rendition] = TrackObjects(folder(of: rendition).marks)
      }
      update { [tracks] state in
        state.objects?.tracks = tracks
        state.objects?.isLoaded = true
      }
      return true
    }
  }

  /// Writes the marks that have changed.
  ///
  /// - Returns: whether all of them are written.
  @discardableResult
  func saveMarks() -> Bool {
    marksLock.withLock { _ in
      let unsaved = read { state in
        (state.objects?.tracks ?? [:]).flatMap { rendition, track in
          track.unsaved.map { (rendition, $0, track.marks[$0] ?? HourMark()) }
        }
      }
      var isComplete = true
      for (rendition, name, mark) in unsaved {
        if folder(of: rendition).save(mark, of: name) {
          update { $0.objects?.tracks[rendition]?.saved(name, mark) }
        } else {
          isComplete = false
        }
      }
      return isComplete
    }
  }
}
