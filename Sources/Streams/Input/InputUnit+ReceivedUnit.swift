// SPDX-License-Identifier: Apache-2.0

package import Capture
import Scheduling
package import Time

extension InputUnit: ReceivedUnit {
  package var isVideo: Bool { if case .video = self { true } else { false } }

  package var track: Int {
    switch self {
    case .video: 0
    case .audio(let packet): packet.track + 1  // bounded: the index of a track
    case .metadata: -1
    }
  }

  package var pts: SourceTime {
    switch self {
    case .video(let unit): unit.order
    case .audio(let packet): packet.pts
    case .metadata(let packet): packet.pts
    }
  }

  package func arrived(at time: MonotonicTime) -> InputUnit {
    switch self {
    case .video(var unit):
      unit.arrival = time
      return .video(unit)
    case .audio(var packet):
      packet.arrival = time
      return .audio(packet)
    case .metadata(var packet):
      packet.arrival = time
      return .metadata(packet)
    }
  }
}
