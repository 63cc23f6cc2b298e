// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
internal import Time

/// Makes frames out of interlaced frames with the filter bwdif of libavfilter, at the rate of the
/// frames.
///
/// Frames before the first interlaced one pass at once. From then on each frame leaves with the
/// next one. If the library is missing, or refuses the frames, they pass as they are. Confined to
/// one thread.
package struct Deinterlacer {
  /// Whether the machine has libavfilter.
  package static var isAvailable: Bool { cff_can_deinterlace() != 0 }

  /// The properties of frames for which a graph is made.
  private struct Form: Equatable {
    let width, height, format: Int32
  }

  private var graph: Graph?
  private var form: Form?

  /// A deinterlacer that has seen no frame.
  package init() {}

  /// Adds the next decoded frame.
  ///
  /// - Returns: the frames that are ready.
  package mutating func take(_ frame: DecodedFrame) -> [DecodedFrame] {
    let own = unsafe Form(
      width: frame.frame.pointee.width, height: frame.frame.pointee.height,
      format: frame.frame.pointee.format)
    var ready: [DecodedFrame] = []
    if let form, form != own {
      ready = finish()
      self.form = nil
    }
    if form == nil {
      guard frame.isInterlaced else { return ready + [frame] }
      form = own
      graph = unsafe Graph(frame.frame)
    }
    return ready + (graph?.take(frame) ?? [frame])
  }

  /// The frames that wait for the next one.
  package mutating func finish() -> [DecodedFrame] {
    form = nil
    return graph.take()?.finish() ?? []
  }
}

/// A filter graph for frames of one form.
@safe
private final class Graph {
  private let filter: UnsafeMutablePointer<cff_deinterlacer>
  /// The frames whose filtered form has not left.
  private var waiting: [DecodedFrame] = []

  init?(_ frame: UnsafeMutablePointer<AVFrame>) {
    guard let filter = unsafe cff_deinterlacer_new(frame) else { return nil }
    unsafe self.filter = filter
  }

  deinit { unsafe cff_deinterlacer_free(filter) }

  func take(_ frame: DecodedFrame) -> [DecodedFrame] {
    // The filter may read the frame while others do.
    guard let copy = unsafe av_frame_clone(frame.frame) else {
      OutOfMemory.check(CFF_ENOMEM)
      return [frame]
    }
    var made: UnsafeMutablePointer<AVFrame>? = unsafe copy
    defer { unsafe av_frame_free(&made) }
    unsafe copy.pointee.pts = frame.pts.nanoseconds
    waiting.append(frame)
    guard unsafe cff_deinterlacer_add(filter, copy) >= 0 else {
      defer { waiting = [] }
      return waiting
    }
    return received(frame)
  }

  func finish() -> [DecodedFrame] {
    guard let last = waiting.last else { return [] }
    _ = unsafe cff_deinterlacer_add(filter, nil)
    return received(last)
  }

  /// The filtered frames, of which `newest` has completed the last one.
  private func received(_ newest: DecodedFrame) -> [DecodedFrame] {
    var found: [DecodedFrame] = []
    while let frame = unsafe av_frame_alloc() {
      guard unsafe cff_deinterlacer_get(filter, frame) >= 0 else {
        var rest: UnsafeMutablePointer<AVFrame>? = unsafe frame
        unsafe av_frame_free(&rest)
        break
      }
      // Its timestamps are in halves of those of its source.
      unsafe frame.pointee.pts /= 2
      unsafe frame.pointee.best_effort_timestamp = frame.pointee.pts
      let filtered = unsafe DecodedFrame(frame)
      if let index = waiting.firstIndex(where: { $0.pts >= filtered.pts }) {
        let original = waiting[index]
        filtered.senderTime = original.senderTime
        filtered.rotation = original.rotation
        filtered.wasInterlaced = original.isInterlaced
        waiting.removeFirst(index + 1)
      }
      filtered.arrival = newest.arrival
      found.append(filtered)
    }
    return found
  }
}
