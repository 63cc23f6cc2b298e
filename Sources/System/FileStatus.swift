// SPDX-License-Identifier: Apache-2.0

/// The properties of a file or a folder.
package struct FileStatus: Sendable, Equatable {
  /// The target of a name.
  package enum Kind: Sendable {
    case file, folder, other
  }

  package let kind: Kind
  /// The numbers of the user and of the group to whom it belongs.
  package let owner, group: UInt32
  /// The numbers of the disk, and of the file on it.
  package let device, number: UInt64
  /// The number of its names.
  package let names: Int
  /// The bytes of a file.
  package let size: Int

  /// These properties.
  package init(
    kind: Kind, owner: UInt32, group: UInt32, device: UInt64, number: UInt64, names: Int, size: Int
  ) {
    (self.kind, self.owner, self.group) = (kind, owner, group)
    (self.device, self.number, self.names, self.size) = (device, number, names, size)
  }
}
