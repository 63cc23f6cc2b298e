// SPDX-License-Identifier: Apache-2.0

import Capture
import Media
import Packaging
import Sharing

/// The current start or session.
///
/// Confined to the stream's thread.
struct ActiveSession {
  var start: (thread: OSThread, cancellation: StartCancellation)?
  var session: StreamSession?
  /// What the sessions have found out about the source, for the next ones.
  var verdict = SourceVerdict()
  /// The source that the next session continues.
  var continued: StreamPlan.ContinuedSource?
  /// The end of the newest session with media, which the next one continues.
  var earlier: WindowEnd?
  /// The segmentation of the session before.
  var segmentation: Segmentation?
  /// The parameters of the audio of all sessions, by track.
  var audio: [String: AudioEncoderSettings] = [:]
}
