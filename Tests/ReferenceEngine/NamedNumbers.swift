import Graph

/// Numbers that follow from a name alone: `Tests/Oracles/portable.py` makes the same, so that a network's
/// weights can be compared across programs without being kept.
public enum NamedNumbers {
    /// In −1..<1, multiples of 2⁻²³, which single precision holds exactly.
    public static func numbers(_ name: String, _ count: Int) -> [Double] {
        // FNV-1a of the name is where the generator starts.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var generator = SplitMix(seed: Int(bitPattern: UInt(hash)))
        return (0..<count).map { _ in Double(generator.next() >> 40) / Double(1 << 23) - 1 }
    }

    /// In 0..<1.
    public static func image(_ name: String, batch: Int, height: Int, width: Int, channels: Int) -> Tensor {
        let values = numbers(name, batch * height * width * channels).map { ($0 + 1) / 2 }
        return Tensor(batch: batch, height: height, width: width, channels: channels, values: values)
    }

    /// A parameter's values: weights up to a power of two (to stay exact) that is about 1 / √fan-in, times
    /// `gain`; biases in 0..<1/4, to keep ReLUs alive.
    public static func values(of parameter: Parameter, gain: Double = 1) -> [Double] {
        let numbers = numbers(parameter.name, parameter.count)
        if parameter.kind == .bias { return numbers.map { ($0 + 1) / 8 } }
        let fanIn = parameter.shape.dropFirst().reduce(1, *)
        var square = 1
        while 2 * square < fanIn { square *= 4 }
        let size = gain / Double(square).squareRoot()
        return numbers.map { $0 * size }
    }
}
