// SPDX-License-Identifier: Apache-2.0

import Logging

/// Options of one run of the program, and of its log.
extension Option {
  static let invocation: [Option] = [
    Option.program(
      "config", \.configurationPath, .path("the path of a JSON file"), letter: "c", .program,
      help: "a JSON file with flags as keys in camelCase, and with streams; SIGHUP reloads it"
    ).with { $0.scope = .invocation },
    Option.program(
      "lenient", \.isLenient, .toggle, .program,
      help: "warn of unknown keys in the file of -c, which are errors otherwise: for a file of a "
        + "newer version"
    ).with { $0.scope = .invocation },
    Option.program(
      "check", \.action, .action(.check), .program,
      help: "read configuration and certificates, print what would run, and exit (0: valid; 2: not)"
    ).with { $0.scope = .invocation },
    Option.program(
      "explain", \.isExplaining, .toggle, .program,
      help: "as --check, and state for each stream what is passed through, encoded and kept, and "
        + "who may watch"
    ).with { $0.scope = .invocation },
    Option.program(
      "print", \.action, .printedText, .program,
      help: "print a manual page (man, man-json), the completion of a shell (bash, zsh) or an "
        + "annotated file of settings (json), and exit"
    ).with {
      $0.scope = .invocation
      $0.defaultText = nil
    },
    .program(
      "log-format", \.logFormat, .choice("FORMAT"), .program,
      help: "text, or json: one object per line"),
    .program(
      "log-level", \.logLevel, .choice("LEVEL", ignoresCase: true), .program,
      help: "the least severe level that is logged: debug, info, warning or error"),
    .program(
      "access-log", \.accessLog, .path("the path of a writable file"), .program,
      help: "a file with one line per response, formatted as --log-format; SIGUSR1 reopens it"),
    Option.program(
      "on-event", \.eventHook, .hook, .program,
      help: "send each event of the program to this URL by POST, as JSON, in order, and again "
        + "until it is accepted"
    ).with { $0.isSecret = true },
    .program(
      "event-key", \.eventKey, .path("the path of a file"), .program,
      help: "a file with the key of X-Streamer-Signature (HMAC-SHA256 of the body), of 16 bytes or "
        + "more"),
    .program(
      "qr", \.showsQRCode, .toggle, .program, default: "on a terminal",
      help: "print the address of the page in the local network as a QR code at the start"),
    .program(
      "supervise", \.isSupervising, .toggle, .program,
      help: "run the program in a child process, and restart it if it fails; SIGUSR2 replaces it"),
    .program(
      "verbose", \.isVerbose, .toggle, letter: "v", .program, help: "short for --log-level debug"),
    Option.program(
      "version", \.action, .action(.printVersion), .program,
      help: "print version, commit and libraries, and exit"
    ).with { $0.scope = .invocation },
    Option.program(
      "help", \.action, .helpTopic, letter: "h", .program,
      help: "print the usual options, or all, or those of a topic: a section, a command, or a name"
    ).with {
      $0.scope = .invocation
      $0.defaultText = nil
      $0.impliedValue = HelpTopic.usualName
    },
  ]
}
