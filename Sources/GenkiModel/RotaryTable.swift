import Foundation
import GenkiFormats

/// Cosines and sines of rotary angles, [positions, dimensions / 2] each.
struct RotaryTable: Sendable {
  let cosine: [Float]
  let sine: [Float]
  let half: Int

  init(_ rotation: Rotation, positions: Int) {
    half = rotation.dimensions / 2
    let (frequencies, factor) = Self.frequencies(rotation)
    var cosine = [Float](repeating: 0, count: positions * half)
    var sine = cosine
    for position in 0..<positions {
      for (index, frequency) in frequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        cosine[position * half + index] = Float(cos(angle) * factor)
        sine[position * half + index] = Float(sin(angle) * factor)
      }
    }
    self.cosine = cosine
    self.sine = sine
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

/// The tables of a model's rotations, each made once, and which of them a layer has.
struct RotaryTables: Sendable {
  let all: [RotaryTable]
  /// The number of each layer's table; nil if it does not rotate.
  let ofLayer: [Int?]

  init(_ configuration: ModelConfiguration, positions: Int) {
    var kinds: [Rotation] = []
    ofLayer = configuration.rotation.map { rotation in
      guard let rotation else { return nil }
      if let known = kinds.firstIndex(of: rotation) { return known }
      kinds.append(rotation)
      return kinds.count - 1
    }
    all = kinds.map { RotaryTable($0, positions: positions) }
  }

  /// A layer's table; nil if it does not rotate.
  subscript(layer: Int) -> RotaryTable? { ofLayer[layer].map { all[$0] } }
}
