import Foundation
import Images
import Testing

struct ImageTests {
    /// Every value says where it stands: 100·x + 10·y + channel.
    private func numbered(width: Int, height: Int, channels: Int) -> Image {
        var pixels: [Float] = []
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<channels { pixels.append(Float(100 * x + 10 * y + channel)) }
            }
        }
        return Image(width: width, height: height, channels: channels, pixels: pixels)
    }

    @Test func `a crop holds the pixels of its place`() {
        let part = numbered(width: 6, height: 5, channels: 3).cropped(x: 2, y: 1, width: 3, height: 4)
        #expect(part.width == 3 && part.height == 4)
        #expect(part[0, 0, 0] == 210 && part[2, 3, 2] == 442)
    }

    @Test func `a quarter turn brings the bottom left corner to the top left`() {
        let image = numbered(width: 3, height: 2, channels: 3)
        let turned = image.turned(quarterTurns: 1)
        #expect(turned.width == 2 && turned.height == 3)
        #expect(turned[0, 0, 1] == image[0, 1, 1] && turned[1, 0, 0] == image[0, 0, 0])
        #expect(turned[1, 2, 0] == image[2, 0, 0])
    }

    @Test func `turns and flips form the square's group`() {
        let image = numbered(width: 4, height: 3, channels: 3)
        #expect(image.turned(quarterTurns: 1).turned(quarterTurns: 3) == image)
        #expect(image.turned(quarterTurns: -1) == image.turned(quarterTurns: 3))
        #expect(image.turned(quarterTurns: 2) == image.flippedHorizontally().flippedVertically())
        #expect(
            image.turned(quarterTurns: 1).flippedHorizontally().turned(quarterTurns: 1)
                == image.flippedHorizontally())
        #expect(image.flippedHorizontally()[0, 0, 0] == 300 && image.flippedVertically()[0, 0, 0] == 20)
    }

    @Test func `padding repeats the last column and row`() {
        let padded = numbered(width: 5, height: 3, channels: 1).padded(toMultipleOf: 4)
        #expect(padded.width == 8 && padded.height == 4)
        #expect(padded[7, 3, 0] == 420 && padded[4, 2, 0] == 420 && padded[6, 1, 0] == 410)
        #expect(padded.cropped(x: 0, y: 0, width: 5, height: 3) == numbered(width: 5, height: 3, channels: 1))
    }

    @Test func `luma weighs the encoded channels`() {
        let image = Image(width: 1, height: 1, channels: 3, pixels: [1, 0.5, 0.25])
        #expect(abs(image.luma.pixels[0] - (0.299 + 0.2935 + 0.0285)) < 1e-6)
    }

    @Test func `channels taken apart and put together are the image`() {
        let image = numbered(width: 4, height: 3, channels: 3)
        #expect(Image(red: image.channel(0), green: image.channel(1), blue: image.channel(2)) == image)
        #expect(image.channel(1).colour.channel(2) == image.channel(1))
    }

    @Test func `every 8-bit value survives the way to a value and back`() {
        let all = (0...255).map { UInt8($0) }
        #expect(Image(width: 256, height: 1, channels: 1, quantised: all).quantised() == all)
    }

    @Test func `a smaller image's pixels are the means of what they cover`() {
        let image = numbered(width: 5, height: 4, channels: 3)
        let half = image.downsized(by: 2)
        #expect(half.width == 2 && half.height == 2)
        #expect(half[1, 0, 2] == 100 * 2.5 + 10 * 0.5 + 2)
        let whole = image.cropped(x: 0, y: 0, width: 4, height: 4)
        let worst = zip(whole.shrunk(toWidth: 2, height: 2).pixels, whole.downsized(by: 2).pixels)
            .map { abs($0 - $1) }.max()
        #expect(worst! < 1e-3)
    }

    @Test func `shrinking by a broken factor keeps the mean, enlarging keeps a slope`() {
        let image = numbered(width: 7, height: 5, channels: 1)
        let shrunk = image.shrunk(toWidth: 3, height: 2)
        let mean = shrunk.pixels.reduce(0, +) / Float(shrunk.pixels.count)
        #expect(abs(mean - (100 * 3 + 10 * 2)) < 1e-2)
        let enlarged = image.enlarged(toWidth: 14, height: 10)
        #expect(abs(enlarged[5, 4, 0] - (100 * 2.25 + 10 * 1.75)) < 1e-3)
    }

    @Test func `linear light is sRGB's curve and its inverse`() {
        // IEC 61966-2-1: the curve's ends, its joint, and the well-known middle grey.
        #expect(LinearLight.decode(0) == 0 && abs(LinearLight.decode(1) - 1) < 1e-6)
        #expect(abs(LinearLight.decode(0.5) - 0.214041) < 1e-5)
        #expect(abs(LinearLight.decode(0.04045) - 0.0031308) < 1e-6)
        for value in stride(from: Float(-0.2), through: 1.2, by: 0.01) {
            #expect(abs(LinearLight.encode(LinearLight.decode(value)) - value) < 1e-5)
        }
    }
}
