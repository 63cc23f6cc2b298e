// SPDX-License-Identifier: Apache-2.0

import Archive
import System

/// The object store of the settings, with its key, of which no error text has a part.
enum ObjectStoreCheck {
  private static let flag = "archive-objects"
  private static let file = "archive-objects-credentials"

  /// The store; nil without one.
  ///
  /// - Parameters:
  ///   - settings: the settings of the program.
  ///   - variable: the value of an environment variable.
  /// - Returns: the store with its key.
  /// - Throws: an error for a missing folder, a missing key, or a file that others can read.
  static func options(
    _ settings: ProgramSettings, _ variable: (String) -> String?
  ) throws(UsageError) -> ObjectStoreOptions? {
    guard let address = settings.archiveObjects else {
      for (option, isGiven) in [
        (file, settings.archiveObjectsCredentials != nil),
        ("archive-objects-public", settings.archiveObjectsPublic != nil),
      ] where isGiven {
        throw UsageError(.option(option), .problem("requires \(option: flag)"))
      }
      return nil
    }
    guard settings.archiveFolder != nil else {
      throw UsageError(.option(flag), .problem("requires \(option: "archive")"))
    }
    let credentials = try credentials(settings.archiveObjectsCredentials, variable)
    let given = credentials.region ?? variable("AWS_REGION").flatMap { $0.isEmpty ? nil : $0 }
    let region = given ?? ObjectStoreOptions.defaultRegion
    guard ObjectCredentials.isRegion(region) else {
      throw UsageError(
        .other("AWS_REGION"), .value(region), expected: "lower-case letters, digits and -")
    }
    return ObjectStoreOptions(
      address: address, publicAddress: settings.archiveObjectsPublic, credentials: credentials,
      region: region)
  }

  private static func credentials(
    _ path: String?, _ variable: (String) -> String?
  ) throws(UsageError) -> ObjectCredentials {
    guard let path else {
      guard let identifier = variable("AWS_ACCESS_KEY_ID"),
        let secret = variable("AWS_SECRET_ACCESS_KEY"),
        let credentials = ObjectCredentials(identifier: identifier, secret: secret)
      else {
        throw UsageError(
          .option(flag),
          .problem(
            """
            requires \(option: file), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the \
            environment
            """))
      }
      return credentials
    }
    try SecretFile.checkOwner(path, of: file)
    let bytes = try FileContents.read(path, for: .option(file))
    guard let text = String(validating: bytes, as: UTF8.self),
      let credentials = ObjectCredentials(file: text)
    else {
      throw UsageError(
        .option(file), .problem("\(path): no key"),
        expected: "aws_access_key_id = … and aws_secret_access_key = …, or the two values in lines")
    }
    return credentials
  }
}
