import Images

/// How far one grey image must be moved to lie on another, as well as a shift can tell: positive where what
/// is at (x, y) in the first is at (x + dx, y + dy) in the second. In pixels, to a tenth or better for
/// images with detail.
///
/// Coarse to fine by least squares on gradients [Lucas & Kanade 1981]: from a few dozen pixels a side up to
/// at most ``Translation/finestSide``, each level beginning where the one before it ended.
package struct Translation: Sendable {
    static let finestSide = 512

    package let dx: Double
    package let dy: Double

    var length: Double { (dx * dx + dy * dy).squareRoot() }

    /// - Precondition: both are grey and of one size.
    package init(from first: Image, to second: Image) {
        var levels = [(first, second, 1.0)]
        while let (left, right, scale) = levels.last, min(left.width, left.height) >= 48 {
            levels.append((left.downsized(by: 2), right.downsized(by: 2), 2 * scale))
        }
        var (dx, dy) = (0.0, 0.0)
        for (left, right, scale) in levels.reversed() {
            guard scale == levels[levels.count - 1].2 || max(left.width, left.height) <= Self.finestSide
            else {
                break
            }
            (dx, dy) = (dx / scale, dy / scale)
            for _ in 0..<6 {
                guard let (stepX, stepY) = Self.step(left, right, dx, dy) else { break }
                (dx, dy) = (dx + stepX, dy + stepY)
                if abs(stepX) + abs(stepY) < 0.01 { break }
            }
            let (width, height) = (Double(left.width) / 2, Double(left.height) / 2)
            // Beyond half of the image there is nothing left to compare.
            (dx, dy) = (max(-width, min(width, dx)) * scale, max(-height, min(height, dy)) * scale)
        }
        (self.dx, self.dy) = (dx, dy)
    }

    /// One step of Gauss and Newton from a shift; `nil` where the image has no detail to hold on to.
    private static func step(_ left: Image, _ right: Image, _ dx: Double, _ dy: Double) -> (Double, Double)? {
        var (xx, xy, yy, xt, yt) = (0.0, 0.0, 0.0, 0.0, 0.0)
        let (width, height) = (left.width, left.height)
        let (wholeX, wholeY) = (Int(dx.rounded(.down)), Int(dy.rounded(.down)))
        let (partX, partY) = (Float(dx - Double(wholeX)), Float(dy - Double(wholeY)))
        for y in max(1, 1 - wholeY)..<max(1, 1 - wholeY, min(height - 2, height - 2 - wholeY)) {
            for x in max(1, 1 - wholeX)..<max(1, 1 - wholeX, min(width - 2, width - 2 - wholeX)) {
                func moved(_ x: Int, _ y: Int) -> Float {
                    let place = (y + wholeY) * width + x + wholeX
                    let top = right.pixels[place] * (1 - partX) + right.pixels[place + 1] * partX
                    let bottom =
                        right.pixels[place + width] * (1 - partX) + right.pixels[place + width + 1] * partX
                    return top * (1 - partY) + bottom * partY
                }
                let place = y * width + x
                let slopeX = Double(left.pixels[place + 1] - left.pixels[place - 1]) / 2
                let slopeY = Double(left.pixels[place + width] - left.pixels[place - width]) / 2
                let difference = Double(moved(x, y) - left.pixels[place])
                xx += slopeX * slopeX
                xy += slopeX * slopeY
                yy += slopeY * slopeY
                xt += slopeX * difference
                yt += slopeY * difference
            }
        }
        let determinant = xx * yy - xy * xy
        guard determinant > 1e-9 * (xx + yy) * (xx + yy), xx + yy > 1e-6 else { return nil }
        return ((xy * yt - yy * xt) / determinant, (xy * xt - xx * yt) / determinant)
    }
}
