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
      read = try Self.standardInput()
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

  private static func standardInput() throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= bytesMax {
      let count = chunk.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError.cannotRead(path: "standard input", code: errno) }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }
}
