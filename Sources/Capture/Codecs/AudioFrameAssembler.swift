// SPDX-License-Identifier: Apache-2.0

/// Cuts audio into frames of 1024 samples at multiples of 1024 since 1970: a pure state machine.
///
/// Each position is returned once and in order: gaps become silence, overlapping samples are
/// dropped. A gap longer than ``maximumGap`` stays empty.
package struct AudioFrameAssembler: Sendable {
  /// Samples in a frame.
  package static let frameLength = 1024

  /// The samples of a frame and its position.
  package struct Frame: Sendable, Hashable {
    /// Samples since 1970; a multiple of 1024.
    package let position: Int64
    /// 1024 samples.
    package let audio: PCMBlock
  }

  /// The number of channels.
  package let channels: Int
  /// The longest gap that is filled, in samples.
  package let maximumGap: Int64
  /// The position of the next sample since 1970; nil before the first.
  package private(set) var next: Int64?
  /// The incomplete frame.
  private var pending: PCMBlock

  /// An empty assembler.
  package init(channels: Int, maximumGap: Int64) {
    self.channels = channels
    self.maximumGap = maximumGap
    pending = .silence(channels: channels, count: 0)
  }

  /// Adds audio whose first sample is the sample `position` since 1970.
  ///
  /// The frame that contains the very first sample is silent before it.
  /// - Returns: the frames that are complete now.
  package mutating func push(_ audio: PCMBlock, at position: Int64) -> [Frame] {
    var audio = audio
    var frames: [Frame] = []
    if let next, position < next {
      guard position + Int64(audio.count) > next else { return [] }
      audio.removeFirst(Int(next - position))
    } else {
      frames = advance(to: position)
    }
    pending.append(audio)
    next = (next ?? position) + Int64(audio.count)
    return frames + takeFull()
  }

  /// Adds silence up to the sample `position`, before which no more audio will arrive.
  ///
  /// - Returns: the frames that are complete now.
  package mutating func fill(to position: Int64) -> [Frame] {
    if let next, position <= next { return [] }
    return advance(to: position) + takeFull()
  }

  /// Adds silence from the end of the audio up to `position`, which is not earlier.
  private mutating func advance(to position: Int64) -> [Frame] {
    guard let next else {
      begin(at: position)
      return []
    }
    guard position - next > maximumGap else {
      pending.append(.silence(channels: channels, count: Int(position - next)))
      self.next = position
      return []
    }
    var frames: [Frame] = []
    if !pending.isEmpty {
      let missing = Self.frameLength - pending.count
      pending.append(.silence(channels: channels, count: missing))
      self.next = next + Int64(missing)
      frames = takeFull()
    }
    begin(at: position)
    return frames
  }

  private mutating func begin(at position: Int64) {
    let into = position & Int64(Self.frameLength - 1)
    pending = .silence(channels: channels, count: Int(into))
    next = position
  }

  private mutating func takeFull() -> [Frame] {
    guard let next else { return [] }
    var frames: [Frame] = []
    let start = next - Int64(pending.count)
    // The samples are moved once: a packet may contain thousands of frames.
    var offset = 0
    while pending.count - offset >= Self.frameLength {
      frames.append(
        Frame(
          position: start + Int64(offset),
          audio: pending.samples(offset..<offset + Self.frameLength)))
      offset += Self.frameLength
    }
    pending.removeFirst(offset)
    return frames
  }
}
