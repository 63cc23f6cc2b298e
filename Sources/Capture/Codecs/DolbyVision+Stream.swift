// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Media

extension DolbyVision {
  /// The Dolby Vision that libavformat found in a stream; nil if it found none.
  @unsafe
  init?(_ stream: UnsafePointer<AVStream>) {
    var record = [UInt8](repeating: 0, count: Self.size)
    let size = unsafe record.withUnsafeMutableBufferPointer {
      unsafe cff_stream_dolby_vision(stream, $0.baseAddress)
    }
    guard size == Self.size else { return nil }
    self.init(record: record)
  }
}
