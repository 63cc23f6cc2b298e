// SPDX-License-Identifier: Apache-2.0

import Checked
import FoundationEssentials
import Statistics

/// A control message of a client of `llws.v1`: a JSON object, whose unknown members are ignored.
///
/// A member of an unexpected type counts as absent.
struct ClientMessage: Decodable {
  private enum CodingKeys: String, CodingKey {
    case type = "t"
    case channel = "ch"
    case rendition, audio, start, format, tracks, id, sync, need
    case clientTime = "c"
    case delay, rate, stalls
    case buffer = "buf"
    case roundTrip = "rtt"
    case drops = "drop"
    case shown = "dec"
    case isVisible = "vis"
    case screenWidth = "maxW"
    case screenHeight = "maxH"
    case session = "sid"
  }

  /// The name of the message.
  let type: String
  /// The stream.
  let channel: String?
  let rendition: String?
  /// The name or the language of an audio rendition.
  let audio: String?
  let start: String?
  let format: String?
  let tracks: [String]?
  /// The number of a `ping`.
  let id: Double?
  /// The client's clock at a `ping`, in milliseconds.
  let clientTime: Double?
  /// The sync group of a `subscribe`.
  let sync: String?
  /// The latency that the player of a `stat` needs, in milliseconds.
  let need: Double?
  /// The number of frames that the player of a `stat` has shown.
  let shown: Double?
  /// Whether the page of the player is visible.
  let isVisible: Bool?
  /// The screen of a `hello`.
  let screen: ScreenSize?
  /// The playback session of a `hello`, as in CMCD.
  let session: String?
  /// The figures of a `stat`.
  let figures: PlayerFigures

  /// Reads a message; nil if the text is not a JSON object with a name.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    // The decoder also accepts a comma after the last element.
    guard JSONSyntax.isValid(bytes),
      let message = try? JSONDecoder().decode(ClientMessage.self, from: Data(bytes))
    else { return nil }
    self = message
  }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    type = try members.decode(String.self, forKey: .type)
    channel = try? members.decode(String.self, forKey: .channel)
    rendition = try? members.decode(String.self, forKey: .rendition)
    audio = try? members.decode(String.self, forKey: .audio)
    start = try? members.decode(String.self, forKey: .start)
    format = try? members.decode(String.self, forKey: .format)
    tracks = try? members.decode([String].self, forKey: .tracks)
    id = try? members.decode(Double.self, forKey: .id)
    clientTime = try? members.decode(Double.self, forKey: .clientTime)
    sync = try? members.decode(String.self, forKey: .sync)
    need = try? members.decode(Double.self, forKey: .need)
    shown = try? members.decode(Double.self, forKey: .shown)
    isVisible = try? members.decode(Bool.self, forKey: .isVisible)
    session = try? members.decode(String.self, forKey: .session)
    func number(_ key: CodingKeys) -> Double? { try? members.decode(Double.self, forKey: key) }
    screen = ScreenSize(width: number(.screenWidth), height: number(.screenHeight))
    figures = PlayerFigures(
      delay: number(.delay), buffer: number(.buffer), rate: number(.rate),
      roundTrip: number(.roundTrip), drops: number(.drops), stalls: number(.stalls))
  }
}

/// A valid `subscribe` of a client.
struct SubscriptionRequest {
  /// The media that a client asks for.
  enum Track: String { case video = "v", audio = "a" }

  /// The form of the media.
  enum Format: String {
    /// CMAF chunks.
    case chunks = "fmp4"
    /// Coded frames without boxes, as WebCodecs takes them.
    case samples = "raw"
  }

  /// The name of the video rendition; nil for the server's choice.
  var rendition: String?
  /// The name or the language of the audio rendition; nil for the default one.
  var audio: String?
  let tracks: [Track]
  let format: Format
  /// Whether media begins with the newest key frame; if not, with the next one.
  let startsLive: Bool
  /// The sync group; nil without one.
  let sync: String?

  /// The request in a message; the error says why it is refused.
  init(_ message: ClientMessage) throws(SocketError) {
    guard let format = message.format.map(Format.init) ?? .chunks else { throw .unknownFormat }
    self.format = format
    guard ["live", "key", nil].contains(message.start) else { throw .unknownStart }
    if let name = message.sync, !NameCharacters.isName(name) { throw .unknownGroup }
    sync = message.sync
    rendition = message.rendition == "auto" ? nil : message.rendition
    audio = message.audio
    startsLive = message.start != "key"
    tracks = (message.tracks ?? ["v", "a"]).compactMap(Track.init)
  }
}
