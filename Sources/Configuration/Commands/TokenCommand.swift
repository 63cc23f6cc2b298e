// SPDX-License-Identifier: Apache-2.0

package import Access
import FoundationEssentials
import Net
import Packaging
package import System
package import Time

/// `streamer token`: writes a playback token, or a publish token.
package enum TokenCommand: Sendable {
  case help
  case token(TokenKey, TokenClaims)
  case publish(SecretDigest, TokenClaims)

  /// The first argument of the program.
  package static let name = "token"
  /// The variable with the keys of the server, of which the first signs.
  private static let variable = Option.variablePrefix + "PLAYBACK_KEY"
  /// The variable with the publish key of the server.
  private static let publishVariable = Option.variablePrefix + "PUBLISH_KEY"

  /// The rights of a token.
  package struct TokenClaims: Sendable {
    var stream = "live"
    var lifetime: Int64 = 3600
    var address: PeerAddress?
    var session: String?

    func expiry(_ now: WallTime) -> Int64 {
      // bounded: a time of this clock, and at most ten years
      (now - .origin).wholeSeconds + lifetime
    }
  }

  /// Reads the arguments after the name of the command.
  ///
  /// - Parameters:
  ///   - arguments: the flags, as `--flag value` or `--flag=value`.
  ///   - environment: the variables, by default those of the process.
  /// - Throws: an error for the first wrong argument.
  package init(
    _ arguments: [String],
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(UsageError) {
    var claims = TokenClaims()
    var key: TokenKey?
    let given = try CommandArguments(arguments, of: Self.name, Self.options)
    guard !given.asksForHelp else {
      self = .help
      return
    }
    if let word = given.words.first {
      throw UsageError(
        .location(.flag(word)), .problem("unknown option"),
        expected: "an option of streamer \(Self.name) --help")
    }
    let publishes = given.options.contains { $0.flag == "--publish" }
    var publishKey: SecretDigest?
    for (flag, value) in given.options where flag != "--publish" {
      if publishes, flag == "--address" || flag == "--session" {
        throw UsageError(
          .location(.flag(flag)), .problem("is no property of publish tokens"),
          expected: "--stream and --expires with --publish")
      }
      if flag == "--key", publishes {
        publishKey = try Self.publishKey(value, at: .flag(flag))
      } else if flag == "--key" {
        key = try Self.key(value, at: .flag(flag))
      } else {
        try claims.set(flag, value)
      }
    }
    guard !publishes else {
      if publishKey == nil, let value = environment[Self.publishVariable] {
        publishKey = try Self.publishKey(value, at: .variable(Self.publishVariable))
      }
      guard let publishKey else {
        throw UsageError(
          .location(.flag("--key")), .missingValue,
          expected: "the publish key of the stream, or one in \(Self.publishVariable)")
      }
      self = .publish(publishKey, claims)
      return
    }
    let first = environment[Self.variable]?.split(separator: " ").first
    if key == nil, let first {
      key = try Self.key(String(first), at: .variable(Self.variable))
    }
    guard let key else {
      throw UsageError(
        .location(.flag("--key")), .missingValue,
        expected: "a key of the server, or one in \(Self.variable)")
    }
    self = .token(key, claims)
  }

  /// The options, in the order of the help.
  static let options = [
    CommandOption(
      "--key", "KID:SECRET", .text,
      help: "a key of the server (default: the first one in \(variable), which process lists do "
        + "not show); with --publish the publish key, of at least 32 characters (default: "
        + "\(publishVariable))"),
    CommandOption(
      "--publish", help: "a token that permits to publish the stream, instead of playing it"),
    CommandOption("--stream", "S", .text, help: "the name of the stream (default live)"),
    CommandOption(
      "--expires", "S", .text,
      help: "how long the token is valid, in seconds, 1–315360000 (default 3600)"),
    CommandOption(
      "--address", "A", .text,
      help: "the only client: an IPv4 address, or an IPv6 address, of which the first 64 bits "
        + "count (default: all clients)"),
    CommandOption(
      "--session", "ID", .text,
      help: "the viewer, 1–64 letters, digits, _ and - (default: a random name)"),
  ]

  private static func key(
    _ text: String, at location: SettingLocation
  ) throws(UsageError) -> TokenKey {
    let kind = OptionKind<TokenKey>.tokenKey
    guard let key = kind.parse(text) else {
      throw UsageError(.location(location), .value("***"), expected: OptionText(kind.expected))
    }
    return key
  }

  private static func publishKey(
    _ text: String, at location: SettingLocation
  ) throws(UsageError) -> SecretDigest {
    guard text.utf8.count >= PublishToken.shortestKey else {
      throw UsageError(
        .location(location), .value("***"),
        expected: "a publish key of at least 32 characters: a token allows guesses of a short one")
    }
    return SecretDigest(text)
  }

  /// The prefix of the paths of the stream, `/t/TOKEN`, or the publish token, or the help; with a
  /// line end.
  package func text(now: WallTime) -> String {
    switch self {
    case .help: return Self.helpText
    case .publish(let key, let claims):
      return PublishToken(stream: claims.stream, expiry: claims.expiry(now), key: key).text + "\n"
    case .token(let key, let claims):
      let token = PlaybackToken(
        stream: claims.stream, expiry: claims.expiry(now),
        session: claims.session ?? PlaybackToken.newSession(), address: claims.address, key: key)
      return "/t/\(token.text)\n"
    }
  }

  /// The command in one paragraph, for the manual page.
  static let summary =
    "streamer token prints /t/TOKEN, the prefix of the paths of a stream with --playback-key: "
    + "http://HOST/t/TOKEN/STREAM/playlist.m3u8; with --publish it prints a token for the page "
    + "/STREAM/publish. streamer token --help lists its options."

  static let helpText = """
    Prints /t/TOKEN, the prefix of the paths of one stream: /t/TOKEN/STREAM/playlist.m3u8. With
    --publish prints a token that permits to publish one stream, for /STREAM/publish.

    Usage: streamer token --stream S [options]

    \(CommandOption.help(options))

    """
}

extension TokenCommand.TokenClaims {
  fileprivate mutating func set(_ flag: String, _ value: String) throws(UsageError) {
    switch flag {
    case "--stream" where StreamName.isValid(value): stream = value
    case "--expires": lifetime = try CommandOption.seconds(flag, value, 1...315_360_000)
    case "--address":
      guard let found = PeerAddress(value) else { throw Self.error(flag, value, "an IP address") }
      address = found
    case "--session" where PlaybackToken.isSession(value): session = value
    case "--stream": throw Self.error(flag, value, "the name of a stream")
    default: throw Self.error(flag, value, "1–64 letters, digits, _ and -")
    }
  }

  private static func error(_ flag: String, _ value: String, _ expected: OptionText) -> UsageError {
    UsageError(.location(.flag(flag)), .value(value), expected: expected)
  }
}
