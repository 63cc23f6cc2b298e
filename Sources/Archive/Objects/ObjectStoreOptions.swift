// SPDX-License-Identifier: Apache-2.0

/// The object store of an archive.
package struct ObjectStoreOptions: Sendable, Equatable {
  /// The address below which objects are put.
  package let address: ObjectStoreAddress
  /// The address to which viewers are redirected; nil: they are not.
  package let publicAddress: ObjectStoreAddress?
  /// The key of the store.
  package let credentials: ObjectCredentials
  /// The region of the signatures.
  package let region: String

  /// The region without another setting.
  package static let defaultRegion = "us-east-1"

  /// A store.
  package init(
    address: ObjectStoreAddress, publicAddress: ObjectStoreAddress?,
    credentials: ObjectCredentials, region: String
  ) {
    self.address = address
    self.publicAddress = publicAddress
    self.credentials = credentials
    self.region = region
  }
}
