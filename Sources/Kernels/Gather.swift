/// Copies what a window reads at each of a run of grid pixels, one row of `rows · columns · channels` values a pixel
/// ("im2col"), with zeros for what lies outside the map.
///
/// Channels are innermost, so each kernel row is one run of `columns · channels` values in the map.
/// - Parameters:
///   - pixels: counted over all images' grids.
///   - target: room for `pixels.count` rows.
func gather(
    _ window: Window, from source: Map, pixels: Range<Int>, into target: UnsafeMutablePointer<Float>
) {
    let extent = source.extent
    let channels = extent.channels
    let run = window.columns &* channels
    let rowLength = extent.width &* channels
    let gridSize = window.gridHeight &* window.gridWidth
    var target = target
    var pixel = pixels.lowerBound
    while pixel < pixels.upperBound {
        let image = pixel / gridSize
        let y = (pixel - image * gridSize) / window.gridWidth
        let firstX = pixel - image * gridSize - y * window.gridWidth
        let lastX = min(window.gridWidth, firstX + pixels.upperBound - pixel)
        let plane = source.base + image * extent.height * rowLength
        let sourceY = y * window.step + window.top
        for x in firstX..<lastX {
            let sourceX = x &* window.step &+ window.left
            let isInside = sourceX >= 0 && sourceX &+ window.columns <= extent.width
            for tap in 0..<window.rows {
                let inputY = sourceY &+ tap
                if inputY < 0 || inputY >= extent.height {
                    clear(target, run)
                } else {
                    let line = plane + inputY &* rowLength
                    if isInside {
                        copy(line + sourceX &* channels, to: target, run)
                    } else {
                        copyEdge(line, window, sourceX, extent, to: target)
                    }
                }
                target += run
            }
        }
        pixel += lastX - firstX
    }
}

/// A kernel row that reaches over the left or right side of the map.
private func copyEdge(
    _ line: UnsafeMutablePointer<Float>, _ window: Window, _ sourceX: Int, _ extent: Extent,
    to target: UnsafeMutablePointer<Float>
) {
    let channels = extent.channels
    let before = min(window.columns, max(0, -sourceX))
    let after = min(window.columns - before, max(0, sourceX + window.columns - extent.width))
    let inside = window.columns - before - after
    clear(target, before * channels)
    copy(line + (sourceX + before) * channels, to: target + before * channels, inside * channels)
    clear(target + (before + inside) * channels, after * channels)
}

/// Runs are some dozens of values, where a call of `memcpy` costs more than the copying.
@inline(__always)
private func copy(_ source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>, _ count: Int)
{
    let from = UnsafeRawPointer(source)
    let to = UnsafeMutableRawPointer(target)
    var index = 0
    while index &+ 8 <= count {
        let values = from.loadUnaligned(fromByteOffset: index &* 4, as: SIMD8<Float>.self)
        to.storeBytes(of: values, toByteOffset: index &* 4, as: SIMD8<Float>.self)
        index &+= 8
    }
    while index < count {
        target[index] = source[index]
        index &+= 1
    }
}

@inline(__always)
private func clear(_ target: UnsafeMutablePointer<Float>, _ count: Int) {
    var index = 0
    while index < count {
        target[index] = 0
        index &+= 1
    }
}
