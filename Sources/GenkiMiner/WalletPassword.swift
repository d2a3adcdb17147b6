import ArgumentParser
import Foundation
import GenkiChain
import GenkiConsole

/// Where a coldkey's password comes from; never from the command line or the environment, which
/// other processes can read.
struct WalletPasswordOptions: ParsableArguments {
  @Option(name: .long, help: "Read the coldkey's password from a file's first line.")
  var passwordFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Read the coldkey's password from an open file descriptor.", valueName: "descriptor"))
  var passwordFd: Int32?

  @Flag(name: .long, help: "Leave the coldkey unencrypted.")
  var noPassword = false

  /// A new password is not shorter than this.
  private static let charactersMin = 8

  /// One of the options was used.
  var isAnyGiven: Bool { passwordFile != nil || passwordFd != nil || noPassword }

  func validate() throws {
    let given = [passwordFile != nil, passwordFd != nil, noPassword].count { $0 }
    guard given <= 1 else {
      throw ValidationError("give one of --password-file, --password-fd and --no-password")
    }
  }

  /// A password for a new key, asked for twice on a terminal; nil for none.
  func newPassword() throws -> SecretBytes? {
    if noPassword { return nil }
    let password: SecretBytes
    if let passwordFile {
      password = try PasswordReader.read(path: passwordFile)
    } else if let passwordFd {
      password = try PasswordReader.read(descriptor: passwordFd, source: "--password-fd")
    } else {
      let terminal = try TerminalPrompt()
      password = try terminal.ask("Password for the new coldkey: ")
      guard try terminal.ask("Again: ").isEqual(to: password) else {
        throw WalletError.password(reason: "the two entries differ")
      }
    }
    let count = password.withBytes { $0.count { $0 & 0xC0 != 0x80 } }
    guard count >= Self.charactersMin else {
      throw WalletError.password(
        reason: "it has \(count) characters; at least \(Self.charactersMin) are needed")
    }
    return password
  }
}

/// Reads a password that another program or a file provides.
enum PasswordReader {
  private static let bytesMax = 4096

  /// The first line of a file, which nobody but its owner may reach; pipes are fine.
  static func read(path: String) throws -> SecretBytes {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw WalletError.missing(path: path) }
      throw WalletError.unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_mode & 0o077 != 0
    {
      throw WalletError.exposed(path: path, mode: status.st_mode)
    }
    return try read(descriptor: descriptor, source: path)
  }

  /// The first line of what a descriptor gives, without its line end.
  static func read(descriptor: Int32, source: String) throws -> SecretBytes {
    var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
    defer { wipe(&bytes) }
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        Foundation.read(
          descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else {
        throw WalletError.unreadable(path: source, reason: String(cString: strerror(errno)))
      }
      if got == 0 || bytes[..<(count + got)].contains(UInt8(ascii: "\n")) {
        count += got
        break
      }
      count += got
    }
    var line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    guard line.count <= bytesMax else {
      throw WalletError.password(reason: "it is longer than \(bytesMax) bytes")
    }
    return SecretBytes(copying: line)
  }
}

/// Asks on the controlling terminal without showing what is typed.
private final class TerminalPrompt {
  private static let bytesMax = 1024
  private let descriptor: Int32

  init() throws {
    descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else {
      throw UsageError(
        "wallet password", "there is no terminal to ask on",
        advice: "use --password-file, --password-fd or --no-password")
    }
  }

  deinit { close(descriptor) }

  /// Reads keys one by one: with signals off, Ctrl-C cannot leave the terminal silent.
  func ask(_ question: String) throws -> SecretBytes {
    var saved = termios()
    guard tcgetattr(descriptor, &saved) == 0 else { throw failure() }
    var silent = saved
    silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    guard tcsetattr(descriptor, TCSAFLUSH, &silent) == 0 else { throw failure() }
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
      case 0x0A, 0x0D: return SecretBytes(copying: typed[..<count])
      case 0x03, 0x04: throw WalletError.password(reason: "the question was cancelled")
      case 0x15: count = 0
      case 0x08, 0x7F:
        while count > 0, typed[count - 1] & 0xC0 == 0x80 { count -= 1 }
        count = max(count - 1, 0)
      default:
        guard count < typed.count else {
          throw WalletError.password(reason: "it is longer than \(Self.bytesMax) bytes")
        }
        typed[count] = key
        count += 1
      }
    }
  }

  private func put(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(descriptor, bytes, bytes.count)
  }

  private func failure() -> WalletError {
    .unreadable(path: "/dev/tty", reason: String(cString: strerror(errno)))
  }
}
