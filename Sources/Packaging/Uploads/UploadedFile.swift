// SPDX-License-Identifier: Apache-2.0

package import Sharing

/// One upload of a file of an uploaded stream: grows by chunks until it is complete or broken.
///
/// Readers keep a reference: the file is readable to its end, whatever happens to its name.
package final class UploadedFile: Sendable {
  /// The state of an upload.
  package enum Phase: Sendable {
    /// More chunks may follow. A pause is not an end.
    case open
    case complete
    /// The upload was cut: a reader must not take the bytes for the whole file.
    case broken
  }

  /// Chunks that follow others, and the state after them.
  package struct Piece: Sendable {
    package let chunks: [SharedBytes]
    package let phase: Phase
  }

  /// Its name.
  package let name: UploadName
  /// A number that no other file of the process has.
  package let serial: UInt64
  private let contents = Locked(UploadContents())

  init(_ name: UploadName, serial: UInt64) {
    self.name = name
    self.serial = serial
  }

  /// The chunks from the index `start` on.
  package func read(from start: Int = 0) -> Piece {
    contents.withLock { Piece(chunks: Array($0.chunks.dropFirst(start)), phase: $0.phase) }
  }

  /// Whether the bytes begin as a header of media does: `ftyp` of ISO BMFF, or EBML of WebM.
  var isHeader: Bool { contents.withLock { $0.isHeader } }

  func append(_ bytes: SharedBytes) { contents.withLock { $0.append(bytes) } }

  func end(_ phase: Phase) { contents.withLock { $0.end(phase) } }
}

/// The chunks and the state of one upload: a pure state machine.
struct UploadContents: Sendable {
  /// In their order; no chunk is ever changed or copied.
  private(set) var chunks: [SharedBytes] = []
  private(set) var phase = UploadedFile.Phase.open

  /// Adds a chunk; without effect after the end.
  mutating func append(_ bytes: SharedBytes) {
    if phase == .open { chunks.append(bytes) }
  }

  /// Ends the upload; the first end counts.
  mutating func end(_ phase: UploadedFile.Phase) {
    if self.phase == .open { self.phase = phase }
  }

  /// Whether the first chunk begins with the box `ftyp`, or with the magic number of EBML.
  var isHeader: Bool {
    guard let first = chunks.first, first.count >= 8 else { return false }
    return first.withBytes { bytes in
      func word(at start: Int) -> UInt32 {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self).bigEndian
      }
      return word(at: 4) == 0x6674_7970 || word(at: 0) == 0x1A45_DFA3
    }
  }
}
