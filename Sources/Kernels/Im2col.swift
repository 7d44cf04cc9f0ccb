/// Copies what a window reads at each of a run of grid pixels, one row of `rows · columns · channels` values
/// a pixel ("im2col"), with zeros for what lies outside the map.
///
/// Channels are innermost, so each kernel row is one run of `columns · channels` values in the map.
/// - Parameters:
///   - pixels: counted over all images' grids.
///   - target: room for `pixels.count` rows.
func im2col(
    _ window: Window, from source: FeatureMap, pixels: Range<Int>, into target: UnsafeMutablePointer<Float>
) {
    let shape = source.shape
    let rowLength = shape.width * shape.channels
    let run = window.columns * shape.channels
    let depth = window.rows * run
    let gridSize = window.gridHeight * window.gridWidth
    var target = target
    var pixel = pixels.lowerBound
    while pixel < pixels.upperBound {
        let image = pixel / gridSize
        let y = (pixel - image * gridSize) / window.gridWidth
        let firstX = pixel - image * gridSize - y * window.gridWidth
        let columns = firstX..<min(window.gridWidth, firstX + pixels.upperBound - pixel)
        let plane = source.base + image * shape.height * rowLength
        for tap in 0..<window.rows {
            let sourceY = y * window.step + window.top + tap
            let place = target + tap * run
            if sourceY >= 0 && sourceY < shape.height {
                copyLine(plane + sourceY * rowLength, window, columns, shape, into: place, depth: depth)
            } else {
                for index in 0..<columns.count { clear(place + index &* depth, run) }
            }
        }
        target += columns.count * depth
        pixel += columns.count
    }
}

/// Copies one kernel row for a run of grid pixels in one line: `columns · channels` values each, `depth`
/// values apart.
private func copyLine(
    _ line: UnsafeMutablePointer<Float>, _ window: Window, _ columns: Range<Int>, _ shape: TensorShape,
    into target: UnsafeMutablePointer<Float>, depth: Int
) {
    // Grid pixels whose kernel row lies inside the map.
    let room = shape.width - window.columns - window.left
    let firstInside = window.left < 0 ? (window.step - 1 - window.left) / window.step : 0
    let lastInside = room < 0 ? 0 : room / window.step + 1
    let inside = columns.clamped(to: min(firstInside, lastInside)..<lastInside)
    var to = target
    for x in columns.lowerBound..<(inside.isEmpty ? columns.upperBound : inside.lowerBound) {
        copyEdge(line, window, x * window.step + window.left, shape, to: to)
        to += depth
    }
    if inside.isEmpty { return }
    let run = window.columns &* shape.channels
    let step = window.step &* shape.channels
    var from = line + (inside.lowerBound &* window.step &+ window.left) &* shape.channels
    for _ in inside {
        copy(from, to: to, run)
        from += step
        to += depth
    }
    for x in inside.upperBound..<columns.upperBound {
        copyEdge(line, window, x * window.step + window.left, shape, to: to)
        to += depth
    }
}

/// Copies a kernel row that reaches over the left or right side of the map.
private func copyEdge(
    _ line: UnsafeMutablePointer<Float>, _ window: Window, _ sourceX: Int, _ shape: TensorShape,
    to target: UnsafeMutablePointer<Float>
) {
    let channels = shape.channels
    let before = min(window.columns, max(0, -sourceX))
    let after = min(window.columns - before, max(0, sourceX + window.columns - shape.width))
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
