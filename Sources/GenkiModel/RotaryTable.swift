import Foundation
import GenkiFormats
import GenkiTensor

/// Where cosines and sines of a rotation's angles lie: [positions, half] each.
struct RotaryTable: BitwiseCopyable, Sendable {
  nonisolated(unsafe) let cosine: UnsafePointer<Float>
  nonisolated(unsafe) let sine: UnsafePointer<Float>
  /// Half of the dimensions that rotate.
  let half: Int
}

/// The tables of a model's rotations, each made once, and which of them a layer has.
final class RotaryTables: Sendable {
  /// Nil for a layer that does not rotate.
  let ofLayer: [RotaryTable?]
  private let arena: Arena

  /// - Throws: `TensorError.outOfMemory`.
  init(_ configuration: ModelConfiguration, positions: Int) throws {
    let kinds = Self.kinds(configuration)
    arena = try Arena(byteCount: Self.byteCount(configuration, positions: positions))
    var tables: [RotaryTable] = []
    for rotation in kinds {
      let half = rotation.dimensions / 2
      let cosine: UnsafeMutableBufferPointer<Float> = arena.take(positions * half)
      let sine: UnsafeMutableBufferPointer<Float> = arena.take(positions * half)
      let (frequencies, factor) = Self.frequencies(rotation)
      for position in 0..<positions {
        for (index, frequency) in frequencies.enumerated() {
          let angle = Double(Float(position) * frequency)
          cosine[position * half + index] = Float(cos(angle) * factor)
          sine[position * half + index] = Float(sin(angle) * factor)
        }
      }
      guard let cosines = cosine.baseAddress, let sines = sine.baseAddress else { continue }
      tables.append(
        RotaryTable(cosine: UnsafePointer(cosines), sine: UnsafePointer(sines), half: half))
    }
    ofLayer = configuration.rotation.map { rotation in
      rotation.flatMap { kinds.firstIndex(of: $0) }.map { tables[$0] }
    }
  }

  /// What the tables take.
  static func byteCount(_ configuration: ModelConfiguration, positions: Int) -> Int {
    kinds(configuration).reduce(0) {
      $0 + 2 * Arena.bytes(positions * ($1.dimensions / 2), of: Float.self)
    }
  }

  private static func kinds(_ configuration: ModelConfiguration) -> [Rotation] {
    var kinds: [Rotation] = []
    for case let rotation? in configuration.rotation where !kinds.contains(rotation) {
      kinds.append(rotation)
    }
    return kinds
  }

  /// Frequencies theta^(−2i/dimensions), scaled, and what cosines and sines are multiplied by.
  private static func frequencies(_ rotation: Rotation) -> (values: [Float], factor: Double) {
    let plain = (0..<rotation.dimensions / 2).map { index in
      1 / Float(pow(rotation.theta, Double(2 * index) / Double(rotation.dimensions)))
    }
    switch rotation.scaling {
    case .none, .dynamic: return (plain, 1)
    case .linear(let factor): return (plain.map { $0 / Float(factor) }, 1)
    case .llama3(let factor, let low, let high, let original):
      let scaled = plain.map { frequency in
        let wavelength = 2 * Float.pi / frequency
        if wavelength > Float(original) / Float(low) { return frequency / Float(factor) }
        if wavelength < Float(original) / Float(high) { return frequency }
        let smooth = (Float(original) / wavelength - Float(low)) / Float(high - low)
        return (1 - smooth) * frequency / Float(factor) + smooth * frequency
      }
      return (scaled, 1)
    case .yarn(let yarn):
      return (Self.yarn(yarn, rotation, plain), yarn.attentionFactor)
    }
  }

  /// Between the dimension that turns `betaFast` times in the original context and the one that turns `betaSlow`
  /// times, frequencies go over from those that stay to those that are slowed.
  private static func yarn(
    _ yarn: Rotation.Yarn, _ rotation: Rotation, _ plain: [Float]
  ) -> [Float] {
    let count = Double(rotation.dimensions)
    func dimension(turns: Double) -> Double {
      count * log(Double(yarn.originalMaxPositions) / (turns * 2 * .pi)) / (2 * log(rotation.theta))
    }
    var low = dimension(turns: yarn.betaFast)
    var high = dimension(turns: yarn.betaSlow)
    if yarn.truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, count - 1))
    if low == high { high += 0.001 }
    return plain.enumerated().map { index, frequency in
      let slowed = Float(min(max((Double(index) - low) / (high - low), 0), 1))
      return frequency / Float(yarn.factor) * slowed + frequency * (1 - slowed)
    }
  }
}
