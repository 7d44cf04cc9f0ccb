import Foundation

/// The bytes of some numbers as they lie in memory.
func bytes<Number: BitwiseCopyable>(_ numbers: [Number]) -> Data {
    numbers.withUnsafeBytes { Data($0) }
}
