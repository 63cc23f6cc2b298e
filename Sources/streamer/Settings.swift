// SPDX-License-Identifier: Apache-2.0

import Capture
import HTTP
import Logging
import Media
import Packaging
import Streams

/// What flags and files ask for, as given; checked as a whole by `StreamDefinition` and `ValidatedConfiguration`.
struct Settings {
  /// What to do instead of streaming.
  enum Action { case stream, listCameras, probe, printVersion, printHelp }

  var action = Action.stream
  var isTestSource = false
  var device: String?
  /// Nil: that of the input, where there is one.
  var audio: StreamConfiguration.AudioSource?
  var input: InputAddress?
  var inputOptions = InputOptions()
  var loops = false
  var passThrough = PassThroughChoice.Mode.auto
  /// How far apart an input's IDR pictures may be.
  var longestGroupMicroseconds: Int64 = 4_000_000
  /// Whether the input's pictures are packaged as they came, once that is known.
  var passesThrough = false
  /// Whether segments end with the input's key pictures, since these come at no fixed distance.
  var hasVariableDurationSegments = false
  var size: VideoSize?
  /// What the source has, once it is known; its shape is that of rungs without a height.
  var sourceSize: VideoSize?
  /// Rungs as given.
  var ladder: [RequestedRendition] = []
  /// Frames from IDR to IDR; nil for one at the begin of each segment.
  var intraInterval: Int?
  var rate = FrameRate.thirty
  /// Whether the rate was asked for; else it is the source's own.
  var isRateGiven = false
  var bitrateKilobits: Int?
  var encoder = "libx264"
  var preset = "superfast"
  var burnsClock = false
  var overlay: Overlay?
  var segmentMicroseconds: Int64 = 1_000_000
  var partMicroseconds: Int64 = 100_000
  var playlistLength: Int?
  var retained: Int?
  var holdBackMicroseconds: Int64?
  var prefill: Int?
  var numbering = MediaNames.Numbering.epoch
  var name = "live"
  var targetLatencyMicroseconds: Int64?
  var timestamps = 20
  /// Whether the stream runs only while somebody asks for it.
  var isOnDemand = false
  var host = "0.0.0.0"
  var port: UInt16 = 8080
  /// Whether there is HTTP in the clear.
  var servesPlain = true
  /// The port for HTTPS; nil where it was not given.
  var securePort: UInt16?
  var certificate: String?
  var certificateKey: String?
  var certificateChain: String?
  var isSelfSigned = false
  /// Connections of the whole program.
  var connections = 20_000
  var limits = HTTPLimits()
  /// Nanoseconds; what the protocol allows holds where it is less.
  var holdLimit = Int64.max
  var publicURL: String?
  var adminToken: String?
  var timeDisplacementMicroseconds: Int64 = 0
  var waitsForAbsentSegment = true
  var sendsCMSD = false
  var hlsjs: String?
  var dashjs: String?
  var logFormat = Log.Format.text
  var logLevel = Log.Level.info
  var accessLog: String?
  /// The file with flags as keys.
  var configuration: String?
  /// What people call the stream; nothing depends on it.
  var label: String?
  /// Where in a file the stream is described; nil where the flags describe it.
  var location: String?
  /// What was asked for of the stream, as text.
  var wish: [String] = []
  /// Where in a file an option was given, by its flag.
  var origins: [String: String] = [:]

  var isVerbose: Bool {
    get { logLevel == .debug }
    // False takes nothing back: what is shown is then what `--log-level` says.
    set { if newValue { logLevel = .debug } }
  }

  /// The same with the size and the rate of an input where none were asked for.
  func completed(by facts: SourceFacts) -> Settings {
    var settings = self
    if size == nil, ladder.isEmpty { settings.size = facts.description.video.size }
    settings.sourceSize = facts.description.video.size
    if !isRateGiven { settings.rate = facts.rate }
    return settings
  }
}
