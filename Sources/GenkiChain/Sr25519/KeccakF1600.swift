/// The permutation Keccak-f[1600] of FIPS 202 over 200 bytes.
package enum KeccakF1600 {
  /// Bytes of the state.
  package static let byteCount = 200

  private static let laneCount = 25
  private static let roundConstants: [UInt64] = [
    0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808A, 0x8000_0000_8000_8000,
    0x0000_0000_0000_808B, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
    0x0000_0000_0000_008A, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000A,
    0x0000_0000_8000_808B, 0x8000_0000_0000_008B, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
    0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800A, 0x8000_0000_8000_000A,
    0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
  ]
  /// The way of ρ and π through the lanes, from lane 1 on: where a lane goes, and how far it turns.
  private static let steps: [(lane: Int, rotation: UInt64)] = [
    (10, 1), (7, 3), (11, 6), (17, 10), (18, 15), (3, 21), (5, 28), (16, 36), (8, 45), (21, 55),
    (24, 2), (4, 14), (15, 27), (23, 41), (19, 56), (13, 8), (12, 25), (2, 43), (20, 62), (14, 18),
    (22, 39), (9, 61), (6, 20), (1, 44),
  ]

  /// Permutes a state of `byteCount` bytes; lanes are little-endian.
  package static func permute(_ state: inout [UInt8]) {
    precondition(state.count == byteCount, "a Keccak state has 200 bytes")
    var lanes = state.withUnsafeBytes { bytes in
      (0..<laneCount).map {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
      }
    }
    for constant in roundConstants { round(&lanes, constant: constant) }
    state.withUnsafeMutableBytes { bytes in
      for (index, lane) in lanes.enumerated() {
        bytes.storeBytes(of: lane.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
      }
    }
  }

  private static func round(_ lanes: inout [UInt64], constant: UInt64) {
    // θ: every lane takes in the parities of two columns.
    let parity = (0..<5).map { x in
      stride(from: x, to: laneCount, by: 5).reduce(0) { $0 ^ lanes[$1] }
    }
    for x in 0..<5 {
      let change = parity[(x + 4) % 5] ^ rotated(parity[(x + 1) % 5], by: 1)
      for lane in stride(from: x, to: laneCount, by: 5) { lanes[lane] ^= change }
    }
    // ρ and π: every lane turns and moves.
    var moving = lanes[1]
    for step in steps {
      let next = lanes[step.lane]
      lanes[step.lane] = rotated(moving, by: step.rotation)
      moving = next
    }
    // χ: the only step that is not linear.
    for start in stride(from: 0, to: laneCount, by: 5) {
      let row = Array(lanes[start..<(start + 5)])
      for x in 0..<5 { lanes[start + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]) }
    }
    // ι
    lanes[0] ^= constant
  }

  /// Turns to the left by 1 to 63 bits.
  private static func rotated(_ lane: UInt64, by bits: UInt64) -> UInt64 {
    lane << bits | lane >> (64 - bits)
  }
}
