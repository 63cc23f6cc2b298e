// SPDX-License-Identifier: Apache-2.0

package import Access
package import Archive
package import Capture
package import Media
package import Net
package import Packaging
package import Push
package import Streams
package import System
package import Time

/// The settings of one stream, as given; ``StreamDefinition`` checks their combination.
///
/// The initial values are the defaults; `--help` prints them. Nil: the default depends on other
/// settings or on the source.
package struct StreamSettings: Sendable {
  package static let defaultSize = VideoSize.hd720
  package static let defaultRate = FrameRate.thirty
  package static let defaultBitrateKilobits = RenditionSettings.defaultBitrateKilobits
  static let defaultPlaylistLength = StreamConfiguration.defaultPlaylistLength
  static let defaultRetained = StreamConfiguration.defaultRetained

  // Source
  package var isTestSource = false
  package var device: String?
  /// The sources of the audio tracks; nil: the audio of the input, if it has audio.
  package var audio: [AudioTrackSettings.Source]?
  /// The audio of the input that is also published as it comes.
  package var audioCopy: [AlternativeAudioCodec] = []
  /// The audio tracks of the input, if its audio is used.
  package var audioTracks = RequestedAudioTracks.first(InputDescription.maximumAudioTracks)
  package var input: InputAddress?
  /// The inputs that are shown while ``input`` is lost, by preference.
  package var backups: [InputAddress] = []
  /// The stream of another server that is relayed.
  package var upstream: UpstreamAddress?
  /// The certificates that its server may have.
  package var upstreamTrust = ServerTrust.system
  /// How long a preferred input must be alive until it is shown instead of another one.
  package var failback = Interval.seconds(10)
  /// The protocol by which a publisher supplies the stream; nil for other sources.
  package var published: Published?
  package var inputOptions = InputOptions()
  /// The file of the slate; nil for the drawn one.
  package var slate: String?
  /// Application and key by which publishers reach the stream, whatever its name.
  package var publishPath: SecretDigest?
  /// How the program accepts publishers by RTMP or SRT; nil if it does not.
  package var publishMode: KeylessAccess.Mode?
  package var loops = false
  package var passThrough = PassThroughMode.auto
  /// Whether the input has a process of its own; nil: if it can have one.
  package var isolation: Isolation?
  /// The most memory of a process of an input, in MB.
  package var sourceMegabytes = 1024
  /// The longest distance between key frames of a passed-through input.
  package var maximumGroupTime = PassThroughAnalysis.defaultLongestGroup

  // Encoding
  package var size: VideoSize?
  package var rate: FrameRate?
  package var bitrateKilobits: Int?
  package var ladder: [RequestedRendition] = []
  /// Frames from key frame to key frame; nil: one key frame per segment.
  package var intraInterval: Int?
  package var encoder = EncoderSettings.defaultEncoder
  package var preset = EncoderSettings.defaultPreset
  package var burnsClock = false
  package var overlay: Overlay?
  /// The file of the overlay's font; nil for the installed one.
  package var overlayFont: String?

  // Stream
  package var segmentDuration = Interval.seconds(1)
  /// The requested duration of parts; nil: ``defaultPartDuration``.
  package var requestedPartDuration: Interval?
  package var playlistLength: Int?
  package var retained: Int?
  package var holdBack: Interval?
  package var targetLatency: Interval?
  package var prefill: Int?
  package var numbering = MediaNames.Numbering.epoch
  package var name = "live"
  package var isOnDemand = false
  package var timestamps = ServingDefaults.timestamps
  /// How the media is encrypted.
  package var encryption = Encryption.none
  /// The file of its keys, or the URL of a key server.
  package var encryptionKeys: String?
  /// How long a key is used; nil for ever.
  package var encryptionRotation: Interval?
  /// The certificate for the key server, with its private key.
  package var encryptionCertificate: String?
  /// The authorities of the key server; nil for those of the system.
  package var encryptionAuthority: String?
  /// The languages of captions.
  package var captions: [CaptionTrack] = []
  /// The declared closed captions.
  package var closedCaptions: [ClosedCaptionTrack] = []

  // Pushing
  /// The receivers to which the stream is pushed.
  package var pushes: [PushTarget] = []
  /// The certificates of receivers, without the identity of this program.
  package var pushTLS = PushTLS()
  /// The paths of the certificate and of the key of this program for receivers.
  package var clientCertificate: String?
  package var clientKey: String?

  // Serving
  /// The form of the playlist of the stream.
  package var playlistForm = PlaylistForm.lowLatency
  /// Whether the server chooses the renditions of the MPD of the stream.
  package var switchesRenditions = false
  /// Whether breaks have EXT-X-CUE-OUT and EXT-X-CUE-IN in playlists.
  package var hasCueTags = false
  /// Whether the deliveries of media are saved.
  package var savesStatistics = false
  /// How long a request is held; nil: as long as the protocol permits.
  package var holdLimit: Interval?
  package var waitsForAbsentSegment = true
  /// How long the archive keeps an hour; nil for ever.
  package var archiveKeep: Interval?
  /// The most bytes of the stream in the archive; nil for any number.
  package var archiveLimit: Int64?
  /// The newest media in the archive, which a full disk never removes.
  package var archiveFloor = Retention.Floor.usual
  /// The renditions in the archive.
  package var archiveRenditions = ArchivePolicy.Renditions.all
  /// The URLs of the stream at other origins, from which missing segments are fetched; empty for
  /// a relayed stream: its upstream.
  package var archiveTwins: [String] = []
  /// How far viewers may go back in the archive.
  package var dvr = Interval.zero
  /// The longest past in a playlist that continues to the live edge.
  package var dvrList = Interval.seconds(7200)
  /// The limits of an uploaded stream.
  package var uploadLimits = UploadLimits.standard
  /// The key of its publisher.
  package var publishKey: SecretDigest?
  /// The names of certificates whose clients may publish.
  package var publishCertificates: [String] = []
  /// When another publisher replaces the present one.
  package var takeover = Takeover.silent
  /// What its publisher by SRT encrypts with; nil for no encryption.
  package var srtPassphrase: Passphrase?
  /// The keys of playback tokens; without one all clients may play.
  package var playbackKeys: [TokenKey] = []
  /// The permitted viewers; nil: by ``viewerPassword`` and ``playbackKeys``.
  package var viewers: PermittedViewers?
  /// The hash of the password for viewers; nil for none.
  package var viewerPassword: PasswordHash?
  /// The largest size of the media of a rendition in memory, in MB.
  package var windowMegabytes = 1024

  /// The name for people; no function depends on it.
  package var label: String?
  /// The location of the stream in its file; nil if flags describe the stream.
  package var location: SettingLocation?
  /// The given options as text: streams with equal texts are the same stream.
  package var requestedOptions: [String] = []
  /// The locations of given options, by name.
  package var locations: [String: SettingLocation] = [:]

  /// The defaults.
  package init() {}

  /// `--source`.
  package enum Published: String, CaseIterable, Sendable { case uploads, rtmp, srt, page }

  /// `--encryption`.
  package enum Encryption: String, CaseIterable, Sendable { case none, cbcs }

  /// `--playlist`.
  package enum PlaylistForm: String, CaseIterable, Sendable {
    case lowLatency = "ll"
    case chunked
  }

  /// `--isolation`.
  package enum Isolation: String, CaseIterable, Sendable { case process, none }

  /// The overlay with its font.
  package var drawnOverlay: Overlay? {
    var overlay = overlay
    overlay?.font = overlayFont ?? OverlayFont.installed
    return overlay
  }

  /// Whether the input is read, decoded and encoded by a process of its own.
  ///
  /// A device for audio belongs to the process of the server.
  package var isIsolated: Bool {
    guard input != nil else { return false }
    if let isolation { return isolation == .process }
    for case .device in audio ?? [] { return false }
    return true
  }

  /// The duration of parts.
  package var partDuration: Interval { requestedPartDuration ?? defaultPartDuration }

  /// The duration of parts if none is requested: longer with several renditions, and at most a
  /// segment.
  ///
  /// hls.js counts each download as at least 50 ms, so it estimates at most the duration of a part
  /// divided by 50 ms times the bitrate of its rendition. It switches to a rendition whose bitrate
  /// is below 0.7 times the estimate: with parts of 0.1 s never to one of twice its bitrate.
  private var defaultPartDuration: Interval {
    min(ladder.count > 1 ? Self.ladderPartDuration : Self.onePartDuration, segmentDuration)
  }

  /// The default duration of parts of a stream with one rendition.
  package static let onePartDuration = Interval.milliseconds(100)
  /// The default duration of parts of a stream with several renditions: a segment of 1 s has four
  /// at 24, 25, 30, 50 and 60 fps.
  package static let ladderPartDuration = Interval.milliseconds(260)

  /// All inputs, by preference.
  package var inputs: [InputAddress] {
    get { [input].compactMap(\.self) + backups }
    set {
      input = newValue.first
      backups = Array(newValue.dropFirst())
    }
  }

  /// How the stream is archived; a relayed stream is healed by its upstream.
  package var archivePolicy: ArchivePolicy {
    ArchivePolicy(
      retention: Retention(keep: archiveKeep, limit: archiveLimit, floor: archiveFloor),
      renditions: archiveRenditions,
      twins: archiveTwins.isEmpty ? [upstream?.stream].compactMap(\.self) : archiveTwins)
  }

  /// Whether the stream is archived, if the program has an archive: the names of its segments must
  /// be functions of time.
  package var isArchived: Bool { archiveRenditions != .none && numbering == .epoch }

  /// How receivers and this program authenticate each other.
  package var completePushTLS: PushTLS {
    var tls = pushTLS
    if let clientCertificate, let clientKey {
      tls.identity = PushTLS.Identity(certificate: clientCertificate, key: clientKey)
    }
    return tls
  }

  /// Whether publishers are the source.
  package var isPublished: Bool { input?.kind == .publisher }

  /// Whether publishers or other machines supply its media.
  package var isRemote: Bool {
    upstream != nil || inputs.contains { $0.kind != .file && $0.kind != .standardInput }
  }

  /// Chooses publishers as the source, if the settings have no other one.
  ///
  /// - Parameters:
  ///   - program: the settings of the program.
  ///   - isOnly: whether the flags of the program describe the stream.
  mutating func choosePublishers(_ program: ProgramSettings, isOnly: Bool) {
    let isPage = published == .page
    guard
      isPage || program.rtmp != nil || program.rtmps != nil || program.srt != nil
        || program.clientAuthorities != nil
    else { return }
    publishMode = program.publishMode
    guard device == nil, upstream == nil, !isTestSource, published != .uploads else { return }
    // The inputs of a stream with publishers are their backups.
    guard input == nil || published != nil else { return }
    guard
      published != nil || isOnly || publishKey != nil || publishPath != nil
        || !publishCertificates.isEmpty
    else { return }
    published = nil
    inputs = [InputAddress(InputAddress.publisherText)].compactMap(\.self) + inputs
  }

  /// Whether the audio of the input is used.
  package var takesInputAudio: Bool { audio == nil }
}
