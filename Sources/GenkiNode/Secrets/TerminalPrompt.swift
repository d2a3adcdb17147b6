import Foundation
import GenkiChain

/// Asks on the controlling terminal, whatever stdin and stdout are.
public final class TerminalPrompt {
  private static let bytesMax = 4096
  private let descriptor: Int32

  /// Opens the terminal.
  ///
  /// - Parameters:
  ///   - question: What is to be asked, for the error.
  ///   - advice: What to do where there is no terminal.
  /// - Throws: ``SecretError/noTerminal(question:advice:)``.
  public init(for question: String, advice: String) throws {
    descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw SecretError.noTerminal(question: question, advice: advice) }
  }

  deinit { close(descriptor) }

  /// A secret, whose letters are not shown.
  public func ask(_ question: String) throws -> SecretBytes {
    try line(question, isShown: false)
  }

  /// Whether the answer is `y` or `yes`; anything else, also nothing, is no.
  public func confirm(_ question: String) throws -> Bool {
    let answer = try line(question, isShown: true)
    let word = answer.trimmed.withBytes { String(decoding: $0, as: UTF8.self) }.lowercased()
    return word == "y" || word == "yes"
  }

  /// Reads keys one by one: with signals off, Ctrl-C cannot leave the terminal silent.
  private func line(_ question: String, isShown: Bool) throws -> SecretBytes {
    var saved = termios()
    guard tcgetattr(descriptor, &saved) == 0 else { throw failure() }
    var raw = saved
    raw.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    guard tcsetattr(descriptor, TCSAFLUSH, &raw) == 0 else { throw failure() }
    defer { tcsetattr(descriptor, TCSAFLUSH, &saved) }
    put(question)
    defer { put("\n") }
    var typed = [UInt8](repeating: 0, count: Self.bytesMax)
    defer { wipe(&typed) }
    var count = 0
    while true {
      var key: UInt8 = 0
      let got = read(descriptor, &key, 1)
      if got < 0, errno == EINTR { continue }
      guard got == 1 else { throw failure() }
      switch key {
      case 0x0A, 0x0D: return typed.withUnsafeBytes { SecretBytes(copying: $0[..<count]) }
      case 0x03, 0x04: throw SecretError.cancelled
      case 0x15:
        if isShown { put(String(repeating: "\u{8} \u{8}", count: characters(typed[..<count]))) }
        count = 0
      case 0x08, 0x7F:
        guard count > 0 else { continue }
        while count > 0, typed[count - 1] & 0xC0 == 0x80 { count -= 1 }
        count = max(count - 1, 0)
        if isShown { put("\u{8} \u{8}") }
      default:
        guard count < typed.count else {
          throw SecretError.unusable(
            source: "the terminal", reason: "it is longer than \(Self.bytesMax) bytes")
        }
        typed[count] = key
        count += 1
        if isShown { _ = write(descriptor, &key, 1) }
      }
    }
  }

  private func characters(_ bytes: ArraySlice<UInt8>) -> Int { bytes.count { $0 & 0xC0 != 0x80 } }

  private func put(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(descriptor, bytes, bytes.count)
  }

  private func failure() -> WalletError {
    .unreadable(path: "/dev/tty", reason: String(cString: strerror(errno)))
  }
}
