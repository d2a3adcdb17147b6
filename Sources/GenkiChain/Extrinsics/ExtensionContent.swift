/// What one signed extension adds to an extrinsic and to its signed payload.
///
/// Known extensions are written by their types in the metadata, so that a runtime that changes a type
/// gives an error instead of a signature over something else.
struct ExtensionContent {
  let explicit: [UInt8]
  let implicit: [UInt8]

  init(of item: SignedExtension, context: SigningContext, types: TypeRegistry) throws {
    let encoder = ValueEncoder(types)
    func encoded(_ value: ScaleValue, _ type: TypeID) throws -> [UInt8] {
      try encoder.encode(value, as: type, path: "extension \(item.identifier)")
    }
    /// Refuses a part of a known extension that ought to be empty.
    func empty(_ type: TypeID) throws -> [UInt8] {
      guard types.isZeroSized(type) else { throw Self.unknown(item, types) }
      return []
    }
    switch item.identifier {
    case "CheckSpecVersion":
      explicit = try empty(item.explicit)
      implicit = try encoded(.unsigned(UInt64(context.specVersion)), item.implicit)
    case "CheckTxVersion":
      explicit = try empty(item.explicit)
      implicit = try encoded(.unsigned(UInt64(context.transactionVersion)), item.implicit)
    case "CheckGenesis":
      explicit = try empty(item.explicit)
      implicit = try encoded(.bytes(context.genesis.bytes), item.implicit)
    case "CheckMortality", "CheckEra":
      // The era's two bytes are its own form of a variant of 256.
      guard try types[try types.unwrapped(item.explicit)].path.last == "Era" else {
        throw Self.unknown(item, types)
      }
      explicit = context.era.encoded
      implicit = try encoded(.bytes(context.eraBlock.bytes), item.implicit)
    case "CheckNonce":
      explicit = try encoded(.unsigned(context.nonce), item.explicit)
      implicit = try empty(item.implicit)
    case "ChargeTransactionPayment":
      explicit = try encoded(.unsigned128(context.tip), item.explicit)
      implicit = try empty(item.implicit)
    case "CheckMetadataHash":
      explicit = try encoded(.structure(["mode": .named("Disabled")]), item.explicit)
      implicit = try encoded(.none, item.implicit)
    default:
      guard types.isZeroSized(item.explicit), types.isZeroSized(item.implicit) else {
        throw Self.unknown(item, types)
      }
      (explicit, implicit) = ([], [])
    }
  }

  private static func unknown(_ item: SignedExtension, _ types: TypeRegistry) -> ExtrinsicError {
    .unknownExtension(
      identifier: item.identifier, explicit: types.describe(item.explicit),
      implicit: types.describe(item.implicit))
  }
}
