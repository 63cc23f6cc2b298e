// SPDX-License-Identifier: Apache-2.0

package import Access
package import Archive
package import Encryption
import Net
package import Packaging
package import Publishing
package import Push
package import Streams
package import Time

/// How one stream is served: the settings of a stream that only the server reads.
package struct StreamServingOptions: Sendable {
  /// The stream's name for people; nil if it has none.
  package var label: String?
  /// The stream's source for people, without secrets; nil if it is unknown.
  package var source: String?
  /// The inputs by preference if there are backup inputs; else empty.
  package var inputs: [String] = []
  /// The publishers of the stream; nil if it has another source.
  package var publishers: (@Sendable () -> PublishedStream.Status)?
  /// The requested duration of segments: publisher pages send key frames at this distance.
  package var segmentDuration = Interval.seconds(1)
  /// The access of viewers.
  package var viewers = ViewerAccess.everybody
  /// The keys of playback tokens; without one all clients may play.
  package var playbackKeys: [TokenKey] {
    get { viewers.keys }
    set { viewers = ViewerAccess(keys: newValue) }
  }
  /// PART-HOLD-BACK; nil for three part targets.
  package var holdBack: Interval?
  /// Whether breaks have EXT-X-CUE-OUT and EXT-X-CUE-IN in playlists.
  package var hasCueTags = false
  /// Latency@target; nil for 1 s, or for two segments of a ladder if these are longer.
  package var targetLatency: Interval?
  /// The number of segments in `/timestamps.json`.
  package var timestamps = ServingDefaults.timestamps
  /// The longest hold, if it is shorter than the protocol's limit.
  package var holdLimit = Interval.max
  /// Whether a request for a segment that has not begun is held; if not, the response is 404.
  package var waitsForAbsentSegment = true
  /// Whether the playlist of the stream is the chunked one; LL-HLS is at `/S/ll.m3u8` then.
  package var prefersChunkedPlaylist = false
  /// Whether its source is a file that ends: no playlist announces a segment after its last one.
  package var sourceEnds = false
  /// Whether the MPD of the stream is that of `/S/auto/`.
  package var switchesRenditions = false
  /// The archive of its media; nil for none.
  package var archive: StreamArchive?
  /// The keys of its media if they are known before a session; nil otherwise, or if it is clear.
  package var keys: StreamKeys?
  /// The receivers to which it is pushed; nil for none.
  package var pushes: StreamPushes?
  /// How far viewers may go back in the archive; others need the admin token.
  package var reach = PastReach()
  /// The captions of the stream; nil for none.
  package var captions: StreamCaptions?
  /// The declared closed captions.
  package var closedCaptions: [ClosedCaptionTrack] = []
  /// Whether the deliveries to its viewers are saved.
  package var savesStatistics = false

  /// The defaults.
  package init() {}

  /// Whether only viewers with a link are told the name of the stream.
  var hidesName: Bool { viewers.rule == .links }

  /// Notes that the session has ended: nothing is archived or pushed until the next one.
  func leaveWindows() {
    archive?.follow([])
    pushes?.follow([])
  }

  /// Latency@target of a stream with these renditions.
  package func targetLatency(of stream: StreamConfiguration) -> Interval {
    targetLatency ?? ServingDefaults.targetLatency(of: stream)
  }
}
