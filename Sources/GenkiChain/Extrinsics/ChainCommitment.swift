/// A commitment as the chain stores it.
public struct ChainCommitment: Sendable, Hashable {
  /// One field of a commitment.
  public enum Field: Sendable, Hashable {
    /// Nothing.
    case none
    /// Bytes: `Raw0` to `Raw128`, or `BigRaw`.
    case raw([UInt8])
    /// A digest, with the name of its function.
    case digest(function: String, [UInt8])
    /// Bytes that nobody can read before a round of the random beacon.
    case timelocked([UInt8], revealRound: UInt64)
    /// A request to reset bonds.
    case resetBonds
    /// A kind that this program does not know.
    case other(String)
  }

  /// What the account has reserved for it, in rao.
  public var deposit: UInt64
  /// The block that holds it.
  public var block: UInt64
  /// Its fields.
  public var fields: [Field]

  /// Takes apart a value of `Commitments.CommitmentOf`.
  ///
  /// - Throws: `ScaleValueError` if it is something else.
  public init(_ value: ScaleValue) throws {
    deposit = try value["deposit"].unsigned()
    block = try value["block"].unsigned()
    fields = try value["info"]["fields"].elements().map(Self.field)
  }

  /// The bytes of all raw fields, in their order.
  public var rawFields: [[UInt8]] {
    fields.compactMap { if case .raw(let bytes) = $0 { bytes } else { nil } }
  }

  private static func field(_ element: ScaleLookup) throws -> Field {
    let variant = try element.variant()
    switch variant.name {
    case "None": return .none
    case "ResetBondsFlag": return .resetBonds
    case "BlakeTwo256", "Sha256", "Keccak256", "ShaThree256":
      return .digest(function: variant.name, try element[0].bytes(count: 32))
    case "TimelockEncrypted":
      return .timelocked(
        try element["encrypted"].bytes(), revealRound: try element["reveal_round"].unsigned())
    case "BigRaw": return .raw(try element[0].bytes())
    case let name where name.hasPrefix("Raw") && UInt8(name.dropFirst(3)) != nil:
      return .raw(try element[0].bytes())
    case let name: return .other(name)
    }
  }
}
