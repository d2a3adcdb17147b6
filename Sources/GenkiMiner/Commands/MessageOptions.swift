import ArgumentParser
import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore

/// The message that is signed or verified: exactly these bytes, nothing is added or taken away.
struct MessageOptions: ParsableArguments {
  /// The longest message.
  static let bytesMax = 1 << 20

  @Option(name: .long, help: "The message itself, as UTF-8 (default: stdin, to its end).")
  var message: String?
  @Option(name: .long, help: "Read the message from a file, every byte of it.")
  var file: String?
  @Flag(name: .long, help: "The message is in hexadecimal, with or without 0x.")
  var hex = false

  func validate() throws {
    guard message == nil || file == nil else {
      throw ValidationError("give one of --message and --file")
    }
  }

  /// The bytes.
  func bytes() throws -> [UInt8] {
    let read: [UInt8]
    if let message {
      read = Array(message.utf8)
    } else if let file {
      read = try TextFile.readBytes(file, sizeLimit: Self.bytesMax)
    } else {
      read = try StandardInput.bytes(limit: Self.bytesMax)
    }
    guard read.count <= Self.bytesMax else {
      throw UsageError("the message", "it is longer than \(Self.bytesMax) bytes")
    }
    guard hex else { return read }
    let text = String(decoding: read, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    guard let bytes = HexBytes.bytes(text.hasPrefix("0x") ? text : "0x" + text) else {
      throw UsageError(
        "--hex", "the message is not hexadecimal", advice: "an even number of digits, 0x in front")
    }
    return bytes
  }

  /// How the bytes were understood, for people.
  func description(of bytes: [UInt8]) -> String {
    let isLine = !hex && message == nil && bytes.last == UInt8(ascii: "\n")
    let form = hex ? "given in hexadecimal" : "as they are"
    return "\(bytes.count) bytes, \(form)\(isLine ? ", the line end at their end included" : "")"
  }
}
