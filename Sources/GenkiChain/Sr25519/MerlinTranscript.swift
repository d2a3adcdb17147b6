/// A Merlin transcript: what both sides of a proof have said, and the challenges that follow from it.
package struct MerlinTranscript {
  private var strobe = Strobe128(label: "Merlin v1.0")

  /// A transcript of a protocol.
  package init(label: String) { append("dom-sep", label.utf8) }

  /// Adds a message.
  package mutating func append(_ label: String, _ message: some Collection<UInt8>) {
    frame(label, count: message.count)
    strobe.absorb(data: message)
  }

  /// So many bytes that depend on all messages before.
  package mutating func challenge(_ label: String, count: Int) -> [UInt8] {
    frame(label, count: count)
    return strobe.squeeze(count: count)
  }

  /// Label and length in four bytes, little-endian.
  private mutating func frame(_ label: String, count: Int) {
    strobe.absorbMeta(label.utf8)
    let length = UInt32(truncatingIfNeeded: count)
    strobe.absorbMeta(withUnsafeBytes(of: length.littleEndian) { Array($0) }, more: true)
  }
}
