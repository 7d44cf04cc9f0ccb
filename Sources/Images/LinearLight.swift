import Foundation

/// Between encoded values, as files hold them, and linear light, in which a camera's sensor adds up what
/// reaches it.
///
/// The curve is sRGB's, in its two pieces [IEC 61966-2-1]; the 2.2 power that the GoPro set's `blur_gamma`
/// used differs from it by at most 0.034 in encoded value, and that near black.
public enum LinearLight {
    /// Linear light of an encoded value; beyond 0…1 by the same formulas, and an odd function below 0.
    public static func decode(_ encoded: Float) -> Float {
        let size = abs(encoded)
        let light = size <= 0.04045 ? size / 12.92 : powf((size + 0.055) / 1.055, 2.4)
        return encoded < 0 ? -light : light
    }

    /// Encoded value of linear light.
    public static func encode(_ light: Float) -> Float {
        let size = abs(light)
        let encoded = size <= 0.0031308 ? size * 12.92 : 1.055 * powf(size, 1 / 2.4) - 0.055
        return light < 0 ? -encoded : encoded
    }

    /// Linear light of each 8-bit sample.
    public static let table: [Float] = (0...255).map { decode(Float($0) / 255) }
}
