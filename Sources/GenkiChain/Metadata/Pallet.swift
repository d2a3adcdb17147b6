/// A part of the runtime.
public struct Pallet: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// The byte that stands for it in calls, events and errors.
  public let index: UInt8
  /// Its storage.
  public let storage: [StorageEntry]
  /// The enumeration of its calls.
  public let calls: TypeID?
  /// The enumeration of its events.
  public let events: TypeID?
  /// The enumeration of its errors.
  public let errors: TypeID?
  /// Its constants.
  public let constants: [PalletConstant]
}

/// A constant of a pallet.
public struct PalletConstant: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its type.
  public let type: TypeID
  /// Its value in SCALE form.
  public let value: [UInt8]
}

/// A value, or a map of values, in the chain's state.
public struct StorageEntry: Sendable, Hashable {
  /// What an absent value means.
  public enum Modifier: UInt8, Sendable, Hashable {
    /// It is absent.
    case optional = 0
    /// It is the entry's default.
    case `default` = 1
  }

  /// The pallet's name.
  public let pallet: String
  /// What keys begin with, hashed; mostly the pallet's name.
  public let prefix: String
  /// Its name.
  public let name: String
  /// What an absent value means.
  public let modifier: Modifier
  /// The hasher of each part of the key; none for a single value.
  public let hashers: [StorageHasher]
  /// The type of the key: of its one part, or a tuple of the parts; nil for a single value.
  public let key: TypeID?
  /// The type of the value.
  public let value: TypeID
  /// The default in SCALE form; without meaning where absent is absent.
  public let fallback: [UInt8]

  /// `pallet.name`.
  public var path: String { "\(pallet).\(name)" }
}

/// An extension of signed extrinsics.
public struct SignedExtension: Sendable, Hashable {
  /// Its name.
  public let identifier: String
  /// The type of what it adds to the extrinsic.
  public let explicit: TypeID
  /// The type of what it adds to the signed payload only.
  public let implicit: TypeID
}

/// A group of functions that a node runs for its clients.
public struct RuntimeAPI: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its functions.
  public let methods: [RuntimeMethod]
}

/// A function that a node runs for its clients.
public struct RuntimeMethod: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its arguments.
  public let inputs: [RuntimeArgument]
  /// The type of its result.
  public let output: TypeID
}

/// An argument of a function of the runtime.
public struct RuntimeArgument: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its type.
  public let type: TypeID
}
