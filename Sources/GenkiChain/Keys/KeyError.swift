import GenkiCore

/// Why a key, a mnemonic phrase or an address was refused. Secret words are never repeated.
public enum KeyError: ReportableError, Equatable {
  /// The phrase has this many words.
  case mnemonicLength(words: Int)
  /// The word at this place, counted from 1, is not in the list.
  case mnemonicWord(position: Int)
  /// Every word is known, but together they are not a phrase.
  case mnemonicChecksum
  /// Entropy for a phrase must have 16, 20, 24, 28 or 32 bytes.
  case entropyLength(bytes: Int)
  /// A seed has 32 bytes, a private key 64, a public key 32.
  case length(of: String, bytes: Int, expected: Int)
  /// The private key gives no public key.
  case invalidPrivateKey
  /// The text is not an address.
  case address(String, reason: String)
  /// An address for another network.
  case addressFormat(String, format: UInt16)
  /// A cryptographic library refused to work.
  case library(String)

  /// The kind, and with it the exit code.
  public var kind: ErrorKind {
    if case .library = self { .internalError } else { .invalidData }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .mnemonicLength, .mnemonicWord, .mnemonicChecksum: "mnemonic phrase"
    case .entropyLength: "entropy"
    case .length(let name, _, _): name
    case .invalidPrivateKey: "private key"
    case .address(let text, _), .addressFormat(let text, _): "address '\(text)'"
    case .library(let name): name
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .mnemonicLength(let words): "it has \(words) words; 12, 15, 18, 21 or 24 are allowed"
    case .mnemonicWord(let position): "word \(position) is not in the English BIP-39 list"
    case .mnemonicChecksum: "its checksum is wrong"
    case .entropyLength(let bytes): "\(bytes) bytes; 16, 20, 24, 28 or 32 are allowed"
    case .length(_, let bytes, let expected): "\(bytes) bytes instead of \(expected)"
    case .invalidPrivateKey: "it is zero"
    case .address(_, let reason): reason
    case .addressFormat(_, let format): "its network format is \(format), not 42"
    case .library: "the library call failed"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .mnemonicLength, .mnemonicWord, .mnemonicChecksum:
      "check the words and their order; abbreviations are not accepted"
    case .address, .addressFormat: "Bittensor addresses start with 5 and have 47 or 48 characters"
    default: nil
    }
  }
}
