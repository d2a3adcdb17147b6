import GenkiChain

/// Signs nothing: fills an extrinsic with bytes of a signature's length, so that a node can tell its fee.
///
/// A real signature would be one that the node could send before anybody has agreed.
struct StandInSigner: Signer {
  let address: SS58Address

  func signature(over payload: [UInt8]) throws -> [UInt8] {
    [UInt8](repeating: 1, count: Sr25519.signatureByteCount)
  }
}
