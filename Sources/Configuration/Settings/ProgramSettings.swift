// SPDX-License-Identifier: Apache-2.0

package import Access
package import Archive
package import Capture
package import HTTP
package import Logging
package import Net
package import Time

/// The settings of the whole program: server, limits, log.
///
/// The initial values are the defaults; `--help` prints them.
package struct ProgramSettings: Sendable {
  /// The task of one run.
  package enum Action: Sendable, Equatable {
    case stream, check, listCameras, printVersion
    case printHelp(HelpTopic)
    case probe(InputAddress)
    case print(PrintedText)
  }

  /// The port for HTTP without TLS.
  package enum PlainPort: Sendable, Equatable {
    case off
    /// 0: any free port.
    case port(UInt16)
  }

  /// The port for HTTPS if a certificate was given and no port.
  static let defaultSecurePort: UInt16 = 8443

  package var action = Action.stream
  /// Whether `--check` explains the streams.
  private(set) var explains = false
  /// Whether a parent process restarts the program.
  package var isSupervising = false
  /// Whether unknown keys of the configuration file are warnings.
  package var isLenient = false
  /// The configuration file.
  package var configurationPath: String?
  package var host = "0.0.0.0"
  package var plainPort = PlainPort.port(8080)
  /// The port for HTTPS; 0: any free port; nil if it was not given.
  package var securePort: UInt16?
  /// The congestion control of all TCP ports; nil: BBR if the kernel has it.
  package var congestion: String?
  /// Where publishers are accepted by RTMP; nil: nowhere.
  package var rtmp: ListenAddress?
  /// Where publishers are accepted by RTMP over TLS; nil: nowhere.
  package var rtmps: ListenAddress?
  /// Where publishers are accepted by SRT; nil: nowhere.
  package var srt: ListenAddress?
  /// The least latency of publishers by SRT, in milliseconds.
  package var srtLatency = 120
  package var certificate: String?
  package var certificateKey: String?
  package var certificateChain: String?
  /// The authorities of publishers' certificates; nil: clients are not asked for one.
  package var clientAuthorities: String?
  /// The revocation lists of these authorities.
  package var clientRevocations: String?
  package var isSelfSigned = false
  package var adminToken: String?
  package var statistics = ReadAccess.token
  package var metrics = ReadAccess.open
  package var timestampsAccess = ReadAccess.open
  /// The file with the public key of JSON Web Tokens; nil for none.
  package var webTokenKey: String?
  /// Names of this server in requests to `/api`.
  package var hostNames: [String] = []
  /// Origins of pages that may open WebSockets; empty if all may.
  package var socketOrigins: [String] = []
  package var publishMode = KeylessAccess.Mode.loopback
  /// The web server that admits publishers; nil for none.
  package var publishHook: WebAddress?
  /// The web server that gets the end of a publisher; nil for none.
  package var unpublishHook: WebAddress?
  /// The web server that gets each event of the program; nil for none.
  package var eventHook: WebAddress?
  /// The path of the key of its signatures; nil for none.
  package var eventKey: String?
  /// Streams that publishers have created.
  package var publishedStreams = 32
  package var publicURL: String?
  /// Whether playlists have absolute URLs below ``publicURL``.
  package var hasAbsoluteURLs = false
  /// Whether the start prints a QR code; nil: on a terminal.
  package var showsQRCode: Bool?
  /// Proxies whose statements about clients are believed.
  package var proxies = TrustedProxies()
  package var timeDisplacement = Interval.zero
  package var sendsCMSD = false
  package var hlsjs: String?
  package var dashjs: String?
  /// Connections of the whole program.
  package var connections = 20_000
  package var limits = HTTPLimits()
  package var logFormat = Log.Format.text
  package var logLevel = Log.Level.info
  package var accessLog: String?
  /// The folder of the statistics of deliveries; nil: see ``ValidatedConfiguration``.
  package var statisticsFolder: String?
  /// The folder of the archive; nil for none.
  package var archiveFolder: String?
  /// The object store of the archive; nil for none.
  package var archiveObjects: ObjectStoreAddress?
  /// The file with the key of the store; nil: the environment has it.
  package var archiveObjectsCredentials: String?
  /// The address of the store for viewers; nil: they are not redirected.
  package var archiveObjectsPublic: ObjectStoreAddress?
  /// Log lines per stream and event in 10 s.
  package var logLines = Log.defaultLines
  /// Streams on demand that run at the same time.
  package var runningStreams = 32
  /// Starts of streams on demand that one address causes in a minute.
  package var streamStarts = 60
  /// The locations of given options, by name.
  package var locations: [String: SettingLocation] = [:]

  /// Whether the task is `--check` with explanations; false has no effect.
  var isExplaining: Bool {
    get { explains }
    set { if newValue { (explains, action) = (true, .check) } }
  }

  /// Whether the level is debug; false has no effect: `--log-level` decides then.
  var isVerbose: Bool {
    get { logLevel == .debug }
    set { if newValue { logLevel = .debug } }
  }

  /// The error for the value of an option that turns out to be wrong, with its location.
  package func refusal(
    _ option: String, _ given: UsageError.Given, expected: OptionText? = nil
  ) -> UsageError {
    UsageError(.option(option), given, expected: expected).located(locations)
  }

  /// The defaults.
  package init() {}
}
