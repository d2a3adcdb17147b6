import Foundation
import Synchronization

/// The terminal of a program that reads keys one by one, and gives it back as it was.
///
/// While it is held, keys are not shown by the system and come at once, however long a line is: a
/// terminal left alone cuts lines at 4095 bytes. Ctrl-C, Ctrl-Z and Ctrl-\ stay signals. Any thread may
/// call.
package final class Terminal: Sendable {
  /// Lines of this many bytes have been cut where the terminal is not held.
  package static let plainLineBytesMaximum = 4095
  /// Pasted text is marked as such.
  private static let startsMarkingPastes = "\u{1B}[?2004h"
  private static let stopsMarkingPastes = "\u{1B}[?2004l"

  /// A terminal without cursor movement, which is left alone.
  package let isPlain: Bool
  let input: Int32
  private let output: Int32
  private let saved: Mutex<termios?>

  /// - Parameters:
  ///   - input: An open terminal.
  ///   - output: The same terminal for writing.
  ///   - kind: What `TERM` says.
  package init(
    input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO,
    kind: String? = ProcessInfo.processInfo.environment["TERM"]
  ) {
    self.input = input
    self.output = output
    isPlain = kind == nil || kind == "" || kind == "dumb"
    saved = Mutex(nil)
  }

  deinit { release() }

  /// Whether both streams are terminals.
  package static func isThere(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) -> Bool {
    isatty(input) == 1 && isatty(output) == 1
  }

  /// Takes the terminal, again where somebody else has changed it since; what was typed before stays to
  /// be read.
  package func hold() {
    saved.withLock { saved in
      var found = termios()
      guard !isPlain, tcgetattr(input, &found) == 0 else { return }
      var raw = found
      raw.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
      raw.c_lflag |= tcflag_t(ISIG)
      raw.c_iflag &= ~tcflag_t(ISTRIP | INLCR | IGNCR)
      withUnsafeMutableBytes(of: &raw.c_cc) { characters in
        characters[Int(VMIN)] = 1
        characters[Int(VTIME)] = 0
      }
      guard tcsetattr(input, TCSANOW, &raw) == 0 else { return }
      saved = saved ?? found
      put(Self.startsMarkingPastes)
    }
  }

  /// Gives the terminal back, with a text that nobody else's comes before.
  package func release(with text: String = "") {
    saved.withLock { saved in
      guard var found = saved else {
        if !text.isEmpty { put(text) }
        return
      }
      put(Self.stopsMarkingPastes + text)
      _ = tcsetattr(input, TCSANOW, &found)
      saved = nil
    }
  }

  /// Columns and rows; 80 and 24 where the terminal does not know.
  package var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Writes at once, past everything buffered: for the end of the program.
  func put(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(output, bytes, bytes.count)
  }
}
