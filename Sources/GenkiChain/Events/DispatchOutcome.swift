/// How an extrinsic in a block ended.
public enum DispatchOutcome: Sendable, Hashable {
  /// Its call did what it says.
  case success
  /// Its call changed nothing.
  case failure(DispatchFailure)
}

/// Why a call failed.
public struct DispatchFailure: Sendable, Hashable, CustomStringConvertible {
  /// The pallet whose error it is; nil for one that all pallets share.
  public let pallet: String?
  /// The error's name, as `SettingWeightsTooFast`, `BadOrigin` or `Token(FundsUnavailable)`.
  public let name: String
  /// What the runtime's source says about the error; may be empty.
  public let docs: String

  /// `pallet.name`, or the name alone.
  public var description: String { pallet.map { "\($0).\(name)" } ?? name }

  /// Reads a `DispatchError`.
  ///
  /// - Throws: `ScaleValueError` if it is something else.
  public init(_ error: ScaleLookup, metadata: RuntimeMetadata) throws {
    let variant = try error.variant()
    if variant.name == "Module" {
      let content = variant.fields.first?.name == nil ? error[0] : error
      let pallet: UInt8 = try content["index"].unsigned()
      let code = try content["error"].bytes()
      if let found = metadata.error(pallet: pallet, error: code.first ?? 0) {
        (self.pallet, name, docs) = (found.pallet.name, found.error.name, found.error.docs)
      } else {
        self.pallet = metadata.pallet(index: pallet)?.name
        name = "Module(\(pallet), \(code.first ?? 0))"
        docs = ""
      }
      return
    }
    pallet = nil
    docs = ""
    // Token, Arithmetic, Transactional and the like say in their field what went wrong.
    if variant.fields.count == 1, case .variant(let inner) = variant.fields[0].value {
      name = "\(variant.name)(\(inner.name))"
    } else {
      name = variant.name
    }
  }
}
