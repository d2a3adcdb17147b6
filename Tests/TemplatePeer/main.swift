import Foundation

// Lines of JSON in, lines of JSON out: see `TemplatePeer`.
let peer = TemplatePeer()
while let line = readLine() {
  FileHandle.standardOutput.write(Data((peer.answer(line) + "\n").utf8))
}
