import GenkiCore

/// A call with all that is signed along with it.
public struct UnsignedExtrinsic: Sendable, Hashable {
  /// Pallet, function and arguments.
  public let call: [UInt8]
  /// What the signed extensions add to the extrinsic.
  public let extra: [UInt8]
  /// What the signed extensions add to the signed payload only.
  public let implicit: [UInt8]
  /// The version of extrinsics that is written, with the mark of a signed one.
  static let signedVersion: UInt8 = 0x84
  /// Longer payloads are hashed before they are signed.
  static let payloadMaximum = 256

  /// Call, extra and implicit, before a long one is hashed.
  public var fullPayload: [UInt8] { call + extra + implicit }

  /// The bytes to sign.
  public var payload: [UInt8] {
    get throws {
      let full = fullPayload
      return full.count > Self.payloadMaximum ? try Blake2b.hash(full, count: 32) : full
    }
  }

  /// The extrinsic as it is sent, with an sr25519 signature over `payload`.
  public func signed(by signer: SS58Address, signature: [UInt8]) throws -> [UInt8] {
    guard signature.count == Sr25519.signatureByteCount else {
      throw ExtrinsicError.length(
        of: "signature", bytes: signature.count, expected: Sr25519.signatureByteCount)
    }
    // 0: the address is an account; 1: the signature is of sr25519.
    let body =
      [Self.signedVersion, 0] + signer.publicKey + [1] + signature + extra + call
    var writer = ScaleWriter()
    writer.append(counted: body)
    return writer.bytes
  }

  /// The extrinsic as it is sent.
  public func signed(by signer: any Signer) throws -> [UInt8] {
    try signed(by: signer.address, signature: try signer.signature(over: try payload))
  }

  /// The hash by which a chain knows an extrinsic.
  public static func hash(of extrinsic: [UInt8]) throws -> ContentDigest {
    try Blake2b.digest(extrinsic)
  }
}

extension RuntimeMetadata {
  /// The bytes of a call: pallet, function, arguments by name.
  ///
  /// - Throws: `MetadataError.missing` if the runtime does not have the call, `ScaleValueError` if an
  ///   argument is missing, unknown or of another type.
  public func callBytes(
    _ pallet: String, _ function: String, _ arguments: [String: ScaleValue]
  ) throws -> [UInt8] {
    let names = try call(pallet, function).fields.compactMap(\.name)
    if let unknown = arguments.keys.sorted().first(where: { !names.contains($0) }) {
      throw ScaleValueError.unknown(path: "\(pallet).\(function)", field: unknown)
    }
    return try callBytes(
      pallet, function, fields: arguments.map { ScaleField($0.key, $0.value) })
  }

  /// The bytes of a call: pallet, function, arguments in their order or by name.
  public func callBytes(
    _ pallet: String, _ function: String, fields: [ScaleField]
  ) throws -> [UInt8] {
    let variant = try call(pallet, function)
    var writer = ScaleWriter()
    writer.append([try self.pallet(pallet).index, variant.index])
    try ValueEncoder(types).encode(
      fields: fields, as: variant.fields, to: &writer, path: "\(pallet).\(function)")
    return writer.bytes
  }

  /// A call with what the runtime's signed extensions ask for.
  ///
  /// - Throws: `ExtrinsicError.unknownExtension` if an extension is unknown and not empty.
  public func unsignedExtrinsic(
    call: [UInt8], context: SigningContext
  ) throws -> UnsignedExtrinsic {
    guard extrinsicVersions.contains(4) else { throw ExtrinsicError.versions(extrinsicVersions) }
    var extra = ScaleWriter()
    var implicit = ScaleWriter()
    for item in extensions {
      let content = try ExtensionContent(of: item, context: context, types: types)
      extra.append(content.explicit)
      implicit.append(content.implicit)
    }
    return UnsignedExtrinsic(call: call, extra: extra.bytes, implicit: implicit.bytes)
  }
}
