// SPDX-License-Identifier: Apache-2.0

import CAllocations
import ChunkStream
import Foundation
import HLSPackager
import HTTP
import Media
import Packaging
import Sharing
import TestSupport

// Allocations of single operations. Unlike times, they are exact and repeatable. A count above its
// threshold fails.

#if DEBUG
  print("DEBUG BUILD: the counts are not comparable")
#endif

/// A rendition with a full window and five parts in the open segment.
func fullWindow() -> SyntheticStream {
  var stream = SyntheticStream(.thirty)
  stream.publish(frames: 12 * stream.segmentation.framesPerSegment)
  stream.publish(parts: 5)
  stream.window.goLive()
  return stream
}

/// Allocations and allocated bytes per call of `body`: the mean of 100 calls after 10 for warm-up.
func measure(_ body: () -> Void) -> (blocks: UInt, bytes: UInt) {
  for _ in 0..<10 { body() }
  let rounds: UInt = 100
  let (blocks, bytes) = (allocations_count(), allocations_bytes())
  for _ in 0..<rounds { body() }
  return ((allocations_count() - blocks) / rounds, (allocations_bytes() - bytes) / rounds)
}

var stream = fullWindow()
let snapshot = stream.window.snapshot
let control = ServerControl(segmentations: [.video(stream.segmentation)])
let names = MediaNames(.epoch, first: 0)
let playlist = MediaPlaylist(snapshot, control: control, names: names, base: "")
let body = SharedBytes(playlist?.text(.full) ?? "")
let response = PreparedResponse(status: 200, fields: [], body: [body])
let frame = stream.next
let message = snapshot.open?.chunks.first.map { ChildMessage.chunk(ChunkMessage($0, track: 0)) }

let cases: [(name: String, result: (blocks: UInt, bytes: UInt))] = [
  ("media-playlist", measure { _ = playlist?.text(.full) }),
  ("media-playlist-delta", measure { _ = playlist?.text(.delta) }),
  ("chunked-playlist", measure { _ = ChunkedPlaylist(snapshot, names: names, base: "")?.text() }),
  ("publish-chunk", measure { stream.publish(frames: 1) }),
  ("chunk-message", measure { _ = message?.bytes }),
  ("prepared-response", measure { _ = PreparedResponse(status: 200, fields: [], body: [body]) }),
]

let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("thresholds.json")
let thresholds =
  (try? JSONDecoder().decode([String: UInt].self, from: Data(contentsOf: file))) ?? [:]
var failures = 0
for (name, result) in cases {
  let limit = thresholds[name]
  let isOver = limit.map { result.blocks > $0 } ?? true
  if isOver { failures += 1 }
  let verdict = limit.map { isOver ? "ABOVE \($0)" : "at most \($0)" } ?? "no threshold"
  print("\(name): \(result.blocks) allocations, \(result.bytes) bytes (\(verdict))")
}
exit(failures == 0 ? 0 : 1)
