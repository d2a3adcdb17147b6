import ArgumentParser
import GenkiChain
import GenkiConsole
import GenkiCore

/// `wallet verify`: is a signature of a message that of an address?
struct WalletVerifyCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Verify a message's signature; needs no wallet.",
    discussion: """
      Says 'valid' and ends with 0, or 'not valid' and ends with 1. The message is
      taken as by 'sign': exactly its bytes.

      EXAMPLE:
        genki-minerd wallet verify \\
          --address 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY \\
          --signature 0x… --message hello
      """)

  @OptionGroup var messageOptions: MessageOptions
  @OptionGroup var output: OutputOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Who is said to have signed; or a public key, 0x….", valueName: "ss58"))
  var address: String
  @Option(name: .long, help: ArgumentHelp("64 bytes in hexadecimal.", valueName: "hex"))
  var signature: String

  private func signer() throws -> SS58Address {
    guard address.hasPrefix("0x") else { return try SS58Address.bittensor(address) }
    guard let key = HexBytes.bytes(address), key.count == 32 else {
      throw UsageError("--address", "it is not a public key of 32 bytes", advice: "or an address")
    }
    return try SS58Address(publicKey: key)
  }

  func run(_ console: Console) throws {
    let signer = try signer()
    let text = signature.hasPrefix("0x") ? signature : "0x" + signature
    guard let bytes = HexBytes.bytes(text), bytes.count == Sr25519.signatureByteCount else {
      throw UsageError(
        "--signature", "it is not \(Sr25519.signatureByteCount) bytes in hexadecimal",
        advice: "128 digits, with or without 0x in front")
    }
    let message = try messageOptions.bytes()
    let isValid = Sr25519.isValid(bytes, of: message, publicKey: signer.publicKey)
    let description = messageOptions.description(of: message)
    console.line("\(isValid ? "valid" : "not valid")  (\(description); \(signer))")
    console.document([
      "valid": .bool(isValid), "address": .string(signer.description),
      "message_bytes": JSONValue(message.count),
    ])
    // The answer has been given; only the exit code says it once more.
    if !isValid { throw ExitCode(ErrorKind.failed.rawValue) }
  }
}
