import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// Conversions by law: what a bit pattern means, and that rounding goes to the nearest, ties to even.
@Suite struct ConversionTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private let all = (0...65535).map { UInt16($0) }

  private func file(_ type: String, _ halves: [UInt16], shift: Int = 0) throws -> SafetensorsFile {
    let end = shift + 2 * halves.count
    let header = """
      {"pad":{"dtype":"U8","shape":[\(shift)],"data_offsets":[0,\(shift)]},\
      "x":{"dtype":"\(type)","shape":[\(halves.count)],"data_offsets":[\(shift),\(end)]}}
      """
    let data = [UInt8](repeating: 0, count: shift) + bytes(of: halves)
    return try SafetensorsFile(path: folder.write(safetensorsBytes(header, data: data), to: "x"))
  }

  private func written(_ values: [Float], _ type: TensorType) throws -> [UInt16] {
    let path = folder.file("out")
    try SafetensorsWriter.write(to: path, tensors: [(name: "x", shape: [values.count], type: type)])
    {
      _, range, out in
      for (offset, index) in range.enumerated() { out[offset] = values[index] }
    }
    let file = try SafetensorsFile(path: path)
    return try file.withBytes(of: #require(file["x"])) { data in
      (0..<values.count).map {
        UInt16(littleEndian: data.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))
      }
    }
  }

  @Test func everyBFloat16IsTheUpperHalfOfAFloat() throws {
    let floats = try file("BF16", all).floats("x")
    for half in all { #expect(floats[Int(half)].bitPattern == UInt32(half) << 16) }
  }

  @Test func everyFloat16HasItsValue() throws {
    let floats = try file("F16", all).floats("x")
    for half in all {
      let sign: Float = half >> 15 == 1 ? -1 : 1
      let exponent = Int(half >> 10 & 31)
      let mantissa = Float(half & 1023)
      let value = floats[Int(half)]
      switch exponent {
      case 0: #expect(value == sign * mantissa * 0x1p-24)
      case 31 where mantissa == 0: #expect(value == sign * .infinity)
      case 31: #expect(value.isNaN)
      default:
        let scale = Float(sign: .plus, exponent: exponent - 15, significand: 1)
        #expect(value == sign * scale * (1 + mantissa / 1024))
      }
      #expect(value.sign == (half >> 15 == 1 ? .minus : .plus))
    }
  }

  @Test(arguments: ["BF16", "F16"])
  func unalignedDataAndEveryRangeReadTheSame(_ type: String) throws {
    let halves = (0..<70).map { UInt16($0 &* 911 % 31_000) }
    let whole = try file(type, halves).floats("x")
    for shift in [0, 1, 3, 7] {
      let file = try file(type, halves, shift: shift)
      for lower in 0..<20 {
        for upper in lower...halves.count {
          #expect(try file.floats("x", range: lower..<upper) == Array(whole[lower..<upper]))
        }
      }
    }
  }

  @Test func sixteenBitValuesSurviveARoundTrip() throws {
    for (name, type, quiet) in [
      ("BF16", TensorType.BF16, UInt16(0x40)), ("F16", .F16, UInt16(0x200)),
    ] {
      let floats = try file(name, all).floats("x")
      let back = try written(floats, type)
      for half in all {
        // Not a number comes back quiet, with its sign and payload.
        #expect(back[Int(half)] == (floats[Int(half)].isNaN ? half | quiet : half))
      }
    }
  }

  /// Each representable value, the midpoint to the next one and the floats beside the midpoint.
  @Test(arguments: [TensorType.F16, .BF16])
  func roundingGoesToTheNearestAndTiesToEven(_ type: TensorType) throws {
    let infinity: UInt16 = type == .F16 ? 0x7C00 : 0x7F80
    // The float beyond the largest finite value, as far away as the largest is from its neighbour.
    let beyond: Double = type == .F16 ? 65536 : 0x1p128
    let finite = try file(type.rawValue, Array(0..<infinity)).floats("x").map { Double($0) }
    var values: [Float] = []
    var expected: [UInt16] = []
    for (index, value) in finite.enumerated() {
      let half = UInt16(index)
      let middle = (value + (index + 1 < finite.count ? finite[index + 1] : beyond)) / 2
      // Below every 16-bit float lie 16 bits more, so the midpoint is a float unless it underflows.
      guard Double(Float(middle)) == middle else { continue }
      let even = half & 1 == 0 ? half : half + 1
      for (candidate, rounded) in [
        (Float(middle).nextDown, half), (Float(middle), even), (Float(middle).nextUp, half + 1),
      ] {
        values += [candidate, -candidate]
        expected += [rounded, rounded | 0x8000]
      }
    }
    #expect(values.count > 6 * (finite.count - 2))
    #expect(try written(values, type) == expected)
  }

  @Test func extremeFloatsBecomeInfinityOrZero() throws {
    let extremes: [Float] = [
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, -.infinity,
      .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0, -0.0, 65519.996, 65520,
    ]
    #expect(
      try written(extremes, .F16) == [
        0x7C00, 0xFC00, 0x7C00, 0xFC00, 0, 0x8000, 0, 0x8000, 0x7BFF, 0x7C00,
      ])
    #expect(
      try written(extremes, .BF16) == [
        0x7F80, 0xFF80, 0x7F80, 0xFF80, 0, 0x8000, 0, 0x8000, 0x4780, 0x4780,
      ])
  }

  @Test func otherTypesAreNotTakenForWeights() throws {
    let header = #"{"i":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}"#
    let path = try folder.write(safetensorsBytes(header, data: [1, 2, 3, 4]), to: "i")
    let file = try SafetensorsFile(path: path)
    #expect(throws: SafetensorsError.notAWeightType(path: path, name: "i", type: .I32)) {
      try file.floats("i")
    }
  }

  @Test func doublesAreRoundedToFloat32() throws {
    let values = [1.0, 0.1, -2.5e-7, 1e300]
    let header = #"{"d":{"dtype":"F64","shape":[4],"data_offsets":[0,32]}}"#
    let data = bytes(of: values.map(\.bitPattern))
    let file = try SafetensorsFile(
      path: folder.write(safetensorsBytes(header, data: data), to: "d"))
    #expect(try file.floats("d") == [1, 0.1, -2.5e-7, .infinity])
  }

  @Test func theFirstNonFiniteElementIsFound() throws {
    let count = 600_001
    for (type, size) in [("F32", 4), ("BF16", 2), ("F16", 2)] {
      for position in [nil, 0, 4095, 4096, 262_144, count - 1] {
        var data = [UInt8](repeating: 0, count: size * count)
        if let position {
          // The sign and exponent bits of an infinity or NaN in any of the three types.
          data[size * position + size - 1] = 0x7F
          data[size * position + size - 2] = 0x80
        }
        let header = """
          {"x":{"dtype":"\(type)","shape":[\(count)],"data_offsets":[0,\(size * count)]}}
          """
        let path = try folder.write(safetensorsBytes(header, data: data), to: "x")
        let file = try SafetensorsFile(path: path)
        #expect(try file.firstNonFinite(#require(file["x"])) == position)
      }
    }
  }
}
